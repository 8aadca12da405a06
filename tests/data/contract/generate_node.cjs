// Makes a Node.js program of an AsyncAPI document with the public template: `node generate_node.cjs TOOLS DOCUMENT OUTPUT`. TOOLS
// is the folder with node_modules.
const fs = require("node:fs");
const { createRequire } = require("node:module");

const [tools, document, output] = process.argv.slice(2);
const Generator = createRequire(`${tools}/package.json`)("@asyncapi/generator");
const template = `${tools}/node_modules/@asyncapi/nodejs-template`;
const generator = new Generator(template, output, { templateParams: { server: "embedded" }, forceWrite: true });
generator.generateFromString(fs.readFileSync(document, "utf8")).then(
  () => console.log("made"),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
