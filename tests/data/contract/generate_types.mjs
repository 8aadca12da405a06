// Makes TypeScript of an AsyncAPI document with modelina: `node generate_types.mjs TOOLS DOCUMENT OUTPUT`. Prints the names of the
// types. TOOLS is the folder with node_modules.
import fs from "node:fs";
import { createRequire } from "node:module";

const [tools, document, output] = process.argv.slice(2);
const { TypeScriptGenerator } = createRequire(`${tools}/package.json`)("@asyncapi/modelina");
const generator = new TypeScriptGenerator({ modelType: "interface", enumType: "union", rawPropertyNames: true });
const models = await generator.generate(JSON.parse(fs.readFileSync(document, "utf8")));
fs.writeFileSync(output, models.map((model) => `export ${model.result}`).join("\n\n"));
console.log(models.map((model) => model.modelName).join(" "));
