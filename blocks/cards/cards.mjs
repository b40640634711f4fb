// Renders the golden Block Kit of package blocks (../testdata/*.json) to
// pictures, and checks it against Slack's own types. ../../docs/cards.md says how.
//
//	node cards.mjs check [DIR]      every golden file, or those of another folder, against @slack/types
//	node cards.mjs render [NAME…]   pictures of all cards, or of those named, in out/
//	node cards.mjs docs             the pictures of docs/cards.md, and all of them with docs/cards-all.md
//
// It needs npm ci in this folder; render and docs need Chromium too, which is
// looked for as $CHROMIUM, else /usr/bin/chromium. Where pngquant is on the PATH
// it makes the pictures a third of their size.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

process.env.TZ = "UTC"; // dates come out the same everywhere

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const golden = join(here, "..", "testdata");
const out = join(here, "out");
const docs = join(here, "..", "..", "docs", "cards");

// What docs/cards.md shows: a golden file, and the view of it.
const shown = [
  ["waiting_approval", "approval/1"],
  ["void_asked_again", "approval/2"],
  ["ci_failed", "approval/1"],
  ["frozen", "release/1"],
  ["glass_broken", "approval/2"],
  ["edited", "approval/2"],
  ["waiting_environment", "release/1"],
  ["deploying", "release/1"],
  ["deploy_failed", "release/1"],
  ["left_as_it_is", "release/1"],
  ["left_as_it_is", "approval/2"],
  ["doubt", "question/healthy"],
  ["outcome_unknown", "question/ran"],
  ["rejected", "approval/1"],
  ["healthy", "release/1"],
  ["form_edit", "modal"],
  ["home", "home"],
];

// cards lists every view of every golden file, by a name that can be a file's.
function cards(folder = golden) {
  const list = [];
  for (const file of readdirSync(folder).filter((f) => f.endsWith(".json")).sort()) {
    const name = file.slice(0, -".json".length);
    const content = JSON.parse(readFileSync(join(folder, file), "utf8"));
    if (!Array.isArray(content)) {
      list.push({ name, view: content.type, blocks: content.blocks, whole: content });
      continue;
    }
    for (const v of content) list.push({ name, view: plainKey(v.key), text: v.text, blocks: v.blocks });
  }
  return list;
}

// plainKey shortens a view's key: approval/k3m9x2q7p4ab-1.2 is approval/2.
function plainKey(key) {
  const [kind, ...rest] = (key || "note").split("/");
  const id = rest.join("/");
  switch (kind) {
    case "approval":
    case "reminder": {
      const [, n = "1", plan] = id.match(/-(\d+)(?:\.(\d+))?$/) ?? [];
      return `${kind}/${plan ?? n}`;
    }
    case "question":
      return `${kind}/${id.split("/").pop()}`;
  }
  return id ? `${kind}/${id}` : kind;
}

function check(folder) {
  const list = cards(folder);
  const dir = mkdtempSync(join(here, "node_modules", ".cards-")); // below it, so that @slack/types is found
  try {
    const lines = ['import type { HomeView, KnownBlock, ModalView } from "@slack/types";'];
    list.forEach((c, i) => {
      const type = { modal: "ModalView", home: "HomeView" }[c.whole?.type] ?? "KnownBlock[]";
      lines.push(`// ${c.name} ${c.view}`, `export const c${i}: ${type} = ${JSON.stringify(c.whole ?? c.blocks)};`);
    });
    writeFileSync(join(dir, "golden.ts"), lines.join("\n") + "\n");
    const tsc = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
    const flags = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "nodenext", "--types", "", "--pretty", "false"];
    const run = spawnSync(process.execPath, [tsc, ...flags, "golden.ts"], { cwd: dir, encoding: "utf8" });
    if (run.status !== 0) {
      console.error(`the golden Block Kit is not what @slack/types says:\n${explain(run.stdout, lines)}${run.stderr}`);
      process.exitCode = 1;
      return;
    }
    console.log(`${list.length} views are what @slack/types ${require("@slack/types/package.json").version} says`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

// explain puts the view's name where the compiler names a line.
function explain(report, lines) {
  return report.replace(/golden\.ts\((\d+),\d+\)/g, (all, n) => (lines[n - 2] ?? all).replace("// ", ""));
}

// What the ids of the golden files are called in the pictures.
const names = {
  users: [
    ["U0ALICE", "alice"],
    ["U0BOB", "bob"],
    ["U0CARO", "caro"],
    ["U0BOT", "releasebot"],
  ].map(([id, name]) => ({ id, name, avatar: "" })),
  channels: [],
  user_groups: [{ id: "S0ONCALL", name: "oncall", handle: "oncall" }],
};

const logo =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" width="36" height="36"><rect width="36" height="36" rx="8" fill="#4a154b"/><path d="M18 6l7 9h-4v9h-6v-9h-4z" fill="#fff"/><rect x="9" y="26" width="18" height="3" rx="1.5" fill="#fff"/></svg>',
  );

const frame = `
  html, body { margin: 0; }
  body { width: 680px; font: 15px/1.46 Lato, "Noto Sans", "DejaVu Sans", sans-serif; }
  #card { padding: 14px 18px; box-sizing: border-box; }
  .light { background: #fff; color: #1d1c1d; }
  .dark { background: #1a1d21; color: #d1d2d3; }
  .view { border: 1px solid #8886; border-radius: 8px; overflow: hidden; }
  .view h1 { font-size: 17px; margin: 0; padding: 12px 18px; border-bottom: 1px solid #8884; }
  .view .in { padding: 4px 14px 10px; }
  .view .foot { border-top: 1px solid #8884; padding: 12px 18px; text-align: right; }
  .view .foot span { border: 1px solid #8886; border-radius: 6px; padding: 6px 14px; margin-left: 8px; font-weight: 700; }
  .view .foot .go { background: #007a5a; border-color: #007a5a; color: #fff; }
`;

// asSlackWould makes up for what the library reads otherwise than Slack does: it takes
// "verbatim" for "no markup at all", though it only keeps plain names from becoming
// links; it reads escapes before markup, so that an escaped mention would ping;
// and it looks for markup in plain text.
function asSlackWould(blocks) {
  const inert = (s) => s.replaceAll("&lt;", "<\u2060").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
  return JSON.parse(JSON.stringify(blocks), (key, value) => {
    if (key === "verbatim") return undefined;
    if (value?.type === "plain_text") return { ...value, text: inert(value.text).replace(/[`*_~]/g, "$&\u2060") };
    if (value?.type === "mrkdwn") return { ...value, text: inert(value.text) };
    return value;
  });
}

// page is one card as a whole HTML page.
function page(card, theme, { Message, createElement, render, css }) {
  const props = { blocks: asSlackWould(card.blocks), name: "releasebot", logo, theme, data: names, time: new Date(Date.UTC(2026, 10, 20, 14, 0)) };
  let body;
  if (card.whole) {
    const inner = render(createElement(Message, { ...props, withoutWrapper: true }));
    const title = card.whole.title?.text ?? "releasebot · Home";
    const foot = card.whole.submit ? `<div class="foot"><span>${card.whole.close.text}</span><span class="go">${card.whole.submit.text}</span></div>` : "";
    body = `<div class="view"><h1>${title}</h1><div class="in slack_blocks_to_jsx" data-theme="${theme}">${inner}</div>${foot}</div>`;
  } else {
    body = render(createElement(Message, props));
  }
  return `<!doctype html><meta charset="utf-8"><style>${css}</style><style>${frame}</style><body class="${theme}" data-theme="${theme}"><div id="card" class="${theme}">${body}</div></body>`;
}

async function renderer() {
  const { createElement } = await import("react");
  const { renderToStaticMarkup } = await import("react-dom/server");
  const { Message } = require("slack-blocks-to-jsx");
  const css = readFileSync(require.resolve("slack-blocks-to-jsx/dist/style.css"), "utf8");
  return { createElement, Message, css, render: renderToStaticMarkup };
}

async function pictures(list, dir) {
  const kit = await renderer();
  const { chromium } = await import("playwright-core");
  mkdirSync(dir, { recursive: true });
  const profile = mkdtempSync(join(tmpdir(), "cards-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    chromiumSandbox: false,
    args: ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-lcd-text"],
    viewport: { width: 680, height: 400 },
    deviceScaleFactor: 1,
    offline: true, // nothing is fetched
  });
  try {
    const tab = await browser.newPage();
    for (const card of list) {
      for (const theme of ["light", "dark"]) {
        await tab.emulateMedia({ colorScheme: theme });
        await tab.setContent(page(card, theme, kit), { waitUntil: "load", timeout: 20_000 });
        const file = `${card.name}-${card.view.replaceAll("/", "-")}-${theme}.png`;
        await tab.locator("#card").screenshot({ path: join(dir, file), animations: "disabled", timeout: 20_000 });
      }
    }
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  }
  const files = readdirSync(dir).map((f) => join(dir, f));
  spawnSync("pngquant", ["--force", "--ext", ".png", "--skip-if-larger", "--strip", "48", "--", ...files]); // its absence leaves them as they are
  console.log(`${list.length} cards, light and dark, in ${dir}`);
}

const [what, ...wanted] = process.argv.slice(2);
switch (what) {
  case "check":
    check(wanted[0]);
    break;
  case "render":
    await pictures(cards().filter((c) => wanted.length === 0 || wanted.includes(c.name)), out);
    break;
  case "docs": {
    const list = shown.map(([name, view]) => {
      const card = cards().find((c) => c.name === name && c.view === view);
      if (!card) throw new Error(`${name}.json has no view ${view}: it has ${cards().filter((c) => c.name === name).map((c) => c.view).join(", ")}`);
      return card;
    });
    rmSync(docs, { recursive: true, force: true });
    await pictures(list, docs);
    rmSync(docs + "-all", { recursive: true, force: true });
    await pictures(cards(), docs + "-all");
    const files = readdirSync(docs + "-all").filter((f) => f.endsWith("-light.png")).sort();
    const lines = files.map((f) => {
      const name = f.replace("-light.png", "");
      return `### ${name}\n\n![${name}](cards-all/${f})\n![${name}, in dark](cards-all/${name}-dark.png)\n`;
    });
    writeFileSync(docs + "-all.md", `# Every card\n\nAll views of all golden files (\`blocks/testdata/*.json\`), drawn by \`node blocks/cards/cards.mjs docs\`. [The ones to look at first](cards.md).\n\n${lines.join("\n")}`);
    break;
  }
  default:
    console.error("usage: node cards.mjs check | render [NAME…] | docs");
    process.exitCode = 2;
}
