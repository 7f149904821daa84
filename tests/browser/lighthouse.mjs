// Runs Lighthouse on a page, for a phone on a simulated slow network.
// Arguments: the page's URL, Chromium's path, its arguments and the categories as JSON. Prints
// {"scores": {category: 0..100}, "failed": {audit: title}} as JSON, and with the category
// "performance" also {"lcp": ms, "tbt": ms, "cls": number}.
import { launch } from 'chrome-launcher';
import lighthouse from 'lighthouse';

const [url, chromePath, settings, categories] = process.argv.slice(2);
const chrome = await launch({ chromePath, chromeFlags: ['--headless', ...JSON.parse(settings)] });
try {
  const onlyCategories = JSON.parse(categories);
  const options = { port: chrome.port, output: 'json', logLevel: 'error', onlyCategories };
  const { lhr } = await lighthouse(url, options);
  if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
  const scores = {};
  const failed = {};
  for (const [name, { score, auditRefs }] of Object.entries(lhr.categories)) {
    scores[name] = Math.round(score * 100);
    for (const { id, weight } of auditRefs) {
      const audit = lhr.audits[id];
      if (weight && audit.score !== null && audit.score < 1) failed[id] = audit.title;
    }
  }
  const value = (name) => {
    const { numericValue, errorMessage } = lhr.audits[name];
    if (numericValue === undefined) throw new Error(`${name}: ${errorMessage}`);
    return numericValue;
  };
  const found = { scores, failed };
  if ('performance' in scores) {
    found.lcp = Math.round(value('largest-contentful-paint'));
    found.tbt = Math.round(value('total-blocking-time'));
    found.cls = value('cumulative-layout-shift');
  }
  console.log(JSON.stringify(found));
} finally {
  await chrome.kill();
}
