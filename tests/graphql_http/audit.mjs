// Prints what graphql-http's audits of the server at the URL (the only argument) found, as JSON:
// [{ id, name, status: "ok" | "notice" | "warn" | "error", reason }]
import { serverAudits } from 'graphql-http';

// The server is all that may be reached, so a redirect is not followed.
const fetchFn = (url, init) => fetch(url, { ...init, redirect: 'error' });

const results = [];
for (const { id, name, fn } of serverAudits({ url: process.argv[2], fetchFn })) {
  try {
    const { status, reason } = await fn();
    results.push({ id, name, status, reason });
  } catch (error) {
    // An audit throws where it got no answer at all.
    results.push({ id, name, status: 'error', reason: `${error} (${error.cause})` });
  }
}
console.log(JSON.stringify(results));
