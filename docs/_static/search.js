"use strict";

// Ranking of the search: guides explain a word, pages of resources come next, and single names of the code last,
// unless the query is such a name. Pages of Hetzner's API come before those of DigitalOcean.
var Scorer = {
  score: ([docname, title, anchor, descr, score, filename, kind]) =>
    score +
    (/^guides\/(?!coming-from)/.test(docname) ? 13 : 0) +
    (docname.startsWith("reference/") && kind !== "object" ? 5 : 0) +
    (/digitalocean/.test(docname) ? -12 : 0) +
    (/^(changelog|upgrading|architecture|contributing|releasing)$/.test(docname) ? -8 : 0),
  objNameMatch: 11,
  objPartialMatch: 2,
  objPrio: { 0: 15, 1: 0, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
