// node search.js BUILD WORD...: a line for each word, the pages of the first results of the built documentation's search.
const fs = require("fs");
const vm = require("vm");

const [build, ...words] = process.argv.slice(2);
const element = () => ({ classList: { add() {} }, dataset: {}, appendChild: (child) => child });
const page = {
  document: { createElement: element, getElementById: () => null, addEventListener() {}, body: element() },
  addEventListener() {},
  localStorage: { setItem() {} },
  SPHINX_HIGHLIGHT_ENABLED: false,
  _: (text) => text,
  _ready() {},
};
page.window = page;
vm.createContext(page);
for (const file of ["_static/language_data.js", "_static/searchtools.js", "searchindex.js"])
  vm.runInContext(fs.readFileSync(`${build}/${file}`, "utf8"), page);
for (const word of words) {
  page.word = word;
  const results = vm.runInContext("Search._performSearch(...Search._parseQuery(word))", page).reverse();
  console.log(results.slice(0, 3).map(([docname]) => docname).join(" "));
}
