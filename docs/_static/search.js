"use strict";

// Ranking of the search: guides explain a word, pages of resources come next, and single names of the code last,
// unless the query is such a name. Of guides with the same word, those about many subjects come last. Pages of Hetzner's
// API come before those of DigitalOcean; its guide competes with the other guides.
var Scorer = {
  score: ([docname, title, anchor, descr, score, filename, kind]) =>
    score +
    (/^guides\/(?!coming-from)/.test(docname) ? (/cookbook|everyday|digitalocean/.test(docname) ? 11 : 13) : 0) +
    (/^(reference|api)\//.test(docname) && kind !== "object" ? 5 : 0) +
    (/^(reference|api)\/digitalocean/.test(docname) ? -12 : 0) +
    (docname === "upgrading" ? 5 : 0) +
    (/^(changelog|architecture|contributing|releasing)$/.test(docname) ? -8 : 0),
  objNameMatch: 11,
  objPartialMatch: 2,
  objPrio: { 0: 15, 1: 0, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
