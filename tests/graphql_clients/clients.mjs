// Sends a query to a server with each client, twice, and prints the data as JSON:
// {"<client>": [data, data]}, or the error as a string in place of the list.
// Arguments: the server's URL, the query, its variables as JSON.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { Client, fetchExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { parse } from 'graphql';
import { GraphQLClient } from 'graphql-request';

const [url, query] = process.argv.slice(2);
const variables = JSON.parse(process.argv[4]);
const document = parse(query, { noLocation: true });
const require = createRequire(import.meta.url);
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const generateHash = async (text) => sha256(text);
// What clients of Hasura, and monitoring in the browser, add to each request.
const headersOf = (name) => ({
  'hasura-client-name': name,
  'x-hasura-role': 'anonymous',
  'sentry-trace': '771a43a4192642f0b136d5159a501700-7f1b1e5e5e1f1f1f-1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
});

// The server is all that may be reached, so a redirect is not followed.
const fetchOnce = (target, init) => fetch(target, { ...init, redirect: 'error' });

function apollo(headers, { ApolloClient, HttpLink, InMemoryCache }, links, persisted) {
  const http = new HttpLink({ uri: url, headers, fetch: fetchOnce });
  const link = persisted
    ? persistedLink(links, { sha256, ...persisted }).concat(http)
    : http;
  const clientAwareness = { name: 'web', version: '1.0' };
  const client = new ApolloClient({ link, cache: new InMemoryCache(), clientAwareness });
  return () => client.query({ query: document, variables, fetchPolicy: 'no-cache' });
}

const core3 = require('apollo-client-3/core');
const links3 = require('apollo-client-3/link/persisted-queries');
const core4 = await import('apollo-client-4');
const links4 = await import('apollo-client-4/link/persisted-queries');

function persistedLink({ PersistedQueryLink, createPersistedQueryLink }, options) {
  return PersistedQueryLink // Apollo Client 4
    ? new PersistedQueryLink(options)
    : createPersistedQueryLink(options);
}

function urql(headers, persisted, preferGetMethod) {
  const exchanges = persisted
    ? [persistedExchange({ generateHash, ...persisted }), fetchExchange]
    : [fetchExchange];
  const fetchOptions = { headers };
  const client = new Client({ url, exchanges, fetch: fetchOnce, fetchOptions, preferGetMethod });
  return async () => {
    const { data, error } = await client.query(document, variables).toPromise();
    if (error) throw error;
    return { data };
  };
}

function graphqlRequest(headers, options) {
  const client = new GraphQLClient(url, { headers, fetch: fetchOnce, ...options });
  return async () => ({ data: await client.request(query, variables) });
}

const get = { useGETForHashedQueries: true };
const clients = {
  'Apollo 3': [apollo, core3, links3],
  'Apollo 3, persisted': [apollo, core3, links3, {}],
  'Apollo 3, persisted by GET': [apollo, core3, links3, get],
  'Apollo 4': [apollo, core4, links4],
  'Apollo 4, persisted': [apollo, core4, links4, {}],
  'Apollo 4, persisted by GET': [apollo, core4, links4, get],
  urql: [urql, null, false],
  'urql by GET': [urql, null, 'force'],
  'urql, persisted': [urql, { preferGetForPersistedQueries: false }, false],
  'urql, persisted by GET': [urql, {}, false],
  'graphql-request': [graphqlRequest, {}],
  'graphql-request by GET': [graphqlRequest, { method: 'GET', jsonSerializer: JSON }],
};

const answers = {};
for (const [name, [make, ...options]] of Object.entries(clients)) {
  try {
    const send = make(headersOf(name), ...options);
    answers[name] = [(await send()).data, (await send()).data];
  } catch (error) {
    answers[name] = String(error);
  }
}
console.log(JSON.stringify(answers));
