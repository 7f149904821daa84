// Runs Lighthouse on a page, for a phone on a simulated slow network.
// Arguments: the page's URL, Chromium's path, its arguments as JSON. Prints {"scores": {category:
// 0..100}, "lcp": ms, "tbt": ms, "cls": number, "failed": {audit: title}} as JSON.
import { launch } from 'chrome-launcher';
import lighthouse from 'lighthouse';

const [url, chromePath, settings] = process.argv.slice(2);
const chrome = await launch({ chromePath, chromeFlags: ['--headless', ...JSON.parse(settings)] });
try {
  const { lhr } = await lighthouse(url, { port: chrome.port, output: 'json', logLevel: 'error' });
  const scores = {};
  const failed = {};
  for (const [name, { score, auditRefs }] of Object.entries(lhr.categories)) {
    scores[name] = Math.round(score * 100);
    for (const { id, weight } of auditRefs) {
      const audit = lhr.audits[id];
      if (weight && audit.score !== null && audit.score < 1) failed[id] = audit.title;
    }
  }
  const value = (audit) => lhr.audits[audit].numericValue;
  console.log(
    JSON.stringify({
      scores,
      failed,
      lcp: Math.round(value('largest-contentful-paint')),
      tbt: Math.round(value('total-blocking-time')),
      cls: value('cumulative-layout-shift'),
    }),
  );
} finally {
  await chrome.kill();
}
