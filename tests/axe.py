"""axe-core for tests: what to ask of a page, and what it answered."""

from importlib.resources import files

AXE = files("axe_playwright_python").joinpath("axe.min.js")
# "preload" would fetch style sheets again, from the wrong folder. The rule that
# is off by default finds buttons whose spoken name is not what they show.
AXE_RULES = """() => axe.run(document, {preload: false, resultTypes: ['violations'],
  rules: {'label-content-name-mismatch': {enabled: true},
          'color-contrast': {enabled: false}}})"""
# A page's code is thousands of words in a dozen colours: of its blocks, those are
# read that bring a colour (a class, in input, output or text) not met before.
_EXCEPT = """(() => {
  const met = new Set();
  return [...document.querySelectorAll('article pre')].filter(block => {
    const place = block.closest('.cell_input, .cell_output, details')?.className;
    const before = met.size;
    for (const part of [block, ...block.querySelectorAll('*')])
      met.add(`${place} ${part.parentElement.className} ${part.className}`);
    return met.size === before;
  });
})()"""
AXE_CONTRAST = f"""() => axe.run({{exclude: {_EXCEPT}}}, {{preload: false,
  resultTypes: ['violations'],
  runOnly: {{type: 'rule', values: ['color-contrast']}}}})"""
AXE_ALL = f"""() => axe.run({{exclude: {_EXCEPT}}}, {{preload: false,
  resultTypes: ['violations'],
  rules: {{'label-content-name-mismatch': {{enabled: true}}}}}})"""
# Colours fade from one theme to the other; what is measured is where they end.
NO_FADE = "*, *::before, *::after { transition: none !important }"
ADD_STYLE = """(text) => {
  const sheet = new CSSStyleSheet();  // the policy refuses a <style>
  sheet.replaceSync(text);
  document.adoptedStyleSheets.push(sheet);
}"""


def told(result: dict) -> list[str]:
    """A line for each element that breaks a rule."""
    return [
        f"{v['id']}: {n['html'][:100]}"
        for v in result["violations"]
        for n in v["nodes"]
    ]
