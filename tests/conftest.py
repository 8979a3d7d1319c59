"""Set-up shared by all tests: no timing limits on random cases, few threads."""

import hypothesis

# A shared machine makes timings of single cases meaningless; derandomised runs
# make a red test red again on the next machine.
hypothesis.settings.register_profile(
    "chapter", deadline=None, max_examples=50, derandomize=True
)
hypothesis.settings.load_profile("chapter")
