// Sends the clients' queries from a page in Chromium to an API of another origin, and prints
// {"answers": {...}, "requests": [{"method": ..., "headers": {...}}, ...]} as JSON.
// Arguments: the API's URL, the query, its variables as JSON.
import { execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { build } from 'esbuild';

const [api, query, variables] = process.argv.slice(2);
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
const { command, env } = chromium();
const browser = spawn(
  command,
  [
    '--headless',
    '--no-sandbox', // which root needs; the page is this test's own
    '--disable-gpu',
    '--disable-background-networking',
    '--no-first-run',
    '--no-proxy-server',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    `--user-data-dir=${profile}`,
    page,
  ],
  { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] },
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

// The Chromium of the package, unpacked once with the libraries that it needs; where it was not
// built for this machine, the installed one.
function chromium() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { command: 'chromium' };
  const folder = join(home, 'node_modules/@sparticuz/chromium');
  const unpacked = join(folder, 'unpacked');
  if (!fs.existsSync(unpacked)) {
    const read = (name) => brotliDecompressSync(fs.readFileSync(join(folder, 'bin', name)));
    const partial = `${unpacked}-${process.pid}`;
    fs.mkdirSync(partial, { recursive: true });
    fs.writeFileSync(join(partial, 'chromium'), read('chromium.br'), { mode: 0o755 });
    execFileSync('tar', ['-x', '-C', partial], { input: read('al2023.tar.br') });
    fs.renameSync(partial, unpacked);
  }
  return { command: join(unpacked, 'chromium'), env: { LD_LIBRARY_PATH: join(unpacked, 'lib') } };
}
