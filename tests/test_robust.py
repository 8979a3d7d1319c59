"""The helpers with assertions switched off and every warning an error."""

import subprocess
import sys

PROGRAM = """
import tempfile, pathlib, torch
import d2l_helpers as d2l

_ = d2l.seed_everything(0)
d2l.use_style()
assert False, "assertions are off"
try:
    d2l.corr2d(d2l.K2(), d2l.X3())
except ValueError as error:
    print("refused:", error)
X = torch.rand(2, 3, 8, 8, requires_grad=True)
Y = d2l.blur_pool2d(d2l.pool2d(d2l.conv2d(X, torch.rand(4, 3, 3, 3), padding=1), 2))
Y.sum().backward()
data = d2l.FashionMNIST(100, source="sample")
few = d2l.ImageData(data.train.draw(300), data.val.draw(100), 100)
model = d2l.LeNet.modern()
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "run.safetensors"
    history = d2l.Trainer(1, checkpoint=path, live=False).fit(model, few)
    d2l.load_model(d2l.LeNet.modern(), path)
history.plot()
print(len(history), d2l.layer_table(model, (1, 1, 28, 28)).parameters)
"""


def test_optimised_and_with_warnings_as_errors():
    done = subprocess.run(
        [sys.executable, "-O", "-W", "error", "-c", PROGRAM],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    refused, *_, last = done.stdout.splitlines()
    assert "a kernel of 3 with dilation 1 spans 3 cells" in refused
    assert last == "1 61706"
