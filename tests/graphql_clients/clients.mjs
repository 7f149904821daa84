// The clients of GraphQL that web applications use, for Node and for a browser.
import { cacheExchange, Client, fetchExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import core3 from 'apollo-client-3/core/core.cjs';
import links3 from 'apollo-client-3/link/persisted-queries/persisted-queries.cjs';
import * as core4 from 'apollo-client-4';
import * as links4 from 'apollo-client-4/link/persisted-queries';
import { parse } from 'graphql';
import { GraphQLClient } from 'graphql-request';

async function sha256(text) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

// What clients of Hasura, and monitoring in the browser, add to each request.
const headersOf = (name) => ({
  'hasura-client-name': name,
  'x-hasura-role': 'anonymous',
  'sentry-trace': '771a43a4192642f0b136d5159a501700-7f1b1e5e5e1f1f1f-1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
});

// The server is all that may be reached, so a redirect is not followed.
const fetchOnce = (target, init) => fetch(target, { ...init, redirect: 'error' });

function apollo(sent, { ApolloClient, HttpLink, InMemoryCache }, links, persisted) {
  const { url, headers, document, variables } = sent;
  const http = new HttpLink({ uri: url, headers, fetch: fetchOnce });
  const link = persisted
    ? persistedLink(links, { sha256, ...persisted }).concat(http)
    : http;
  const clientAwareness = { name: 'web', version: '1.0' };
  const client = new ApolloClient({ link, cache: new InMemoryCache(), clientAwareness });
  return () => client.query({ query: document, variables, fetchPolicy: 'no-cache' });
}

function persistedLink({ PersistedQueryLink, createPersistedQueryLink }, options) {
  return PersistedQueryLink // Apollo Client 4
    ? new PersistedQueryLink(options)
    : createPersistedQueryLink(options);
}

function urql({ url, headers, document, variables }, persisted, preferGetMethod, cached = []) {
  const exchanges = persisted
    ? [...cached, persistedExchange({ generateHash: sha256, ...persisted }), fetchExchange]
    : [fetchExchange];
  const fetchOptions = { headers };
  const client = new Client({ url, exchanges, fetch: fetchOnce, fetchOptions, preferGetMethod });
  return async () => {
    const context = { requestPolicy: 'network-only' };
    const { data, error } = await client.query(document, variables, context).toPromise();
    if (error) throw error;
    return { data };
  };
}

function graphqlRequest({ url, headers, query, variables }, options) {
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
  'urql with its cache, persisted by GET': [urql, {}, false, [cacheExchange]],
  'graphql-request': [graphqlRequest, {}],
  'graphql-request by GET': [graphqlRequest, { method: 'GET', jsonSerializer: JSON }],
};

// By client, the data of a query that is sent twice, as [data, data]; if it failed, the error as
// a string.
export async function answers(url, query, variables) {
  const document = parse(query, { noLocation: true });
  const found = {};
  for (const [name, [make, ...options]] of Object.entries(clients)) {
    try {
      const send = make({ url, headers: headersOf(name), query, document, variables }, ...options);
      found[name] = [(await send()).data, (await send()).data];
    } catch (error) {
      found[name] = String(error);
    }
  }
  return found;
}
