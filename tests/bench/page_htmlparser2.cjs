// What does a streaming JavaScript parser take for what an unfurler asks of a page?  htmlparser2, stopped nowhere, as
// unfurlers use it.  usage: page_htmlparser2.cjs FILE...: nanoseconds per file, each read once beforehand.
"use strict";
const fs = require("fs");
const { Parser } = require("htmlparser2");

function describe(page) {
  const og = {};
  let inTitle = false;
  let title = "";
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === "meta" && attributes.content) {
        const key = attributes.property || attributes.name;
        if (key && !(key in og)) og[key] = attributes.content;
      } else if (name === "img" && attributes.src && !("img" in og)) {
        og.img = attributes.src;
      }
      inTitle = name === "title";
    },
    ontext(text) {
      if (inTitle) title += text;
    },
    onclosetag(name) {
      if (name === "title") inTitle = false;
    },
  });
  parser.end(page.toString("utf8"));
  og.title = title;
  return og;
}

const pages = process.argv.slice(2).map((path) => fs.readFileSync(path));
pages.forEach(describe); // so that what is measured is compiled
for (const page of pages) {
  const start = process.hrtime.bigint();
  describe(page);
  console.log(String(process.hrtime.bigint() - start));
}
