// Sends the clients' queries from a page in Chromium to an API of another origin, and prints
// {"answers": {...}, "requests": [{"method": ..., "headers": {...}}, ...]} as JSON.
// Arguments: the API's URL, the query, its variables as JSON, Chromium's path, its arguments as JSON.
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const [api, query, variables, chromium, settings] = process.argv.slice(2);
const home = fileURLToPath(new URL('.', import.meta.url));
const TIMEOUT = 50_000; // ms from the start of this program

// Forwards all requests to the API. No preflight is remembered, so every request has its own.
const requests = [];
const gateway = createServer((incoming, answer) => {
  const { method, url, headers } = incoming;
  requests.push({ method, headers });
  const options = { method, headers: { ...headers, host: new URL(api).host } };
  const outgoing = request(api + url, options, (response) => {
    if (method === 'OPTIONS') response.headers['access-control-max-age'] = '0';
    answer.writeHead(response.statusCode, response.headers);
    response.pipe(answer);
  });
  outgoing.on('error', () => answer.destroy());
  incoming.pipe(outgoing);
});

// Serves the page, which posts the answers.
let finish;
const posted = new Promise((resolve) => (finish = resolve));
const site = createServer(async (incoming, answer) => {
  if (incoming.method === 'POST') finish(JSON.parse(await text(incoming)));
  answer.setHeader('content-type', 'text/html; charset=utf-8');
  answer.end(`<!doctype html><script type="module">${script}</script>`);
});

const listening = (server) =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`)),
  );
const page = await listening(site);
const sent = [`${await listening(gateway)}/graphql`, query, JSON.parse(variables)];
const bundle = await build({
  stdin: {
    contents: `import { answers } from './clients.mjs';
      const body = JSON.stringify(await answers(...${JSON.stringify(sent)}));
      await fetch('/', { method: 'POST', body });`,
    resolveDir: home,
  },
  bundle: true,
  format: 'esm',
  write: false,
});
const script = bundle.outputFiles[0].text.replaceAll('</script', '<\\/script');

const profile = fs.mkdtempSync(join(home, 'profile-'));
const browser = spawn(
  chromium,
  ['--headless', ...JSON.parse(settings), `--user-data-dir=${profile}`, page],
  { stdio: ['ignore', 'ignore', 'pipe'] },
);
const log = text(browser.stderr);
const closed = new Promise((resolve) => browser.once('close', resolve));
const timer = setTimeout(() => browser.kill(), TIMEOUT - performance.now());
const answers = await Promise.race([posted, closed.then(() => null)]);
clearTimeout(timer);
browser.kill();
await closed;
fs.rmSync(profile, { recursive: true, force: true });
if (answers === null) throw new Error(`Chromium sent no answers.\n${await log}`);
console.log(JSON.stringify({ answers, requests }));
process.exit(0);
