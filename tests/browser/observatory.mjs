// Scores an answer as MDN's HTTP Observatory would, from what was recorded of it.
// Argument, as JSON: {"status", "headers", "body", "preflight"}; the last are the headers of the
// answer to a preflight. The answer counts as one over HTTPS, of a host that has nothing else.
// Prints {"score": 135, "results": {"content-security-policy": "csp-implemented-...", ...}}.
import * as fs from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('node_modules/@mdn/mdn-http-observatory/', import.meta.url);
// The package's installation would download this list of hosts that only speak HTTPS.
fs.writeFileSync(fileURLToPath(new URL('conf/hsts-preload.json', root)), '{}');
const load = (path) => import(new URL(`src/${path}`, root));
const { AxiosHeaders } = await import('axios');
const { Requests } = await load('types.js');
const { ALL_TESTS } = await load('constants.js');
const { getScoreModifier } = await load('grader/grader.js');
const { MINIMUM_SCORE_FOR_EXTRA_CREDIT } = await load('grader/charts.js');
const { parseHttpEquivHeaders } = await load('retriever/utils.js');

const recorded = JSON.parse(process.argv[2]);
const address = 'https://pages.example.org/';
const answer = {
  status: recorded.status,
  headers: new AxiosHeaders(recorded.headers),
  data: recorded.body,
  request: { headers: new AxiosHeaders() },
  verified: true,
  httpEquiv: parseHttpEquivHeaders(recorded.body, address),
};
const requests = new Requests('pages.example.org');
requests.resources.path = recorded.body;
requests.responses.auto = answer;
requests.responses.https = answer;
requests.responses.httpsRedirects = [{ url: new URL(address), status: recorded.status }];
requests.responses.cors = { ...answer, headers: new AxiosHeaders(recorded.preflight) };

requests.session = { url: new URL(address) };

const results = {};
let curved = 100;
let uncurved = 100;
for (const test of ALL_TESTS) {
  const output = test(requests);
  const modifier = getScoreModifier(output.result);
  curved += modifier;
  uncurved += Math.min(modifier, 0);
  results[output.constructor.name] = output.result;
}
const score = uncurved >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? curved : uncurved;
console.log(JSON.stringify({ score, results }));
