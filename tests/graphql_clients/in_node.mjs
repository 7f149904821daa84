// Prints what the clients answer in Node, as JSON. Arguments: the server's URL, the query, its
// variables as JSON.
import { answers } from './clients.mjs';

const [url, query, variables] = process.argv.slice(2);
console.log(JSON.stringify(await answers(url, query, JSON.parse(variables))));
