// In a page of another origin than the API's: every way in which @connectrpc/connect-web speaks. Posts what it saw to /seen.
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { calls } from "./calls.mjs";

const methods = [];  // of the requests of the way that is tried, as fetch was asked
const counting = (address, options) => {
  methods.push(options?.method ?? "GET");
  return fetch(address, options);
};

async function tried({ baseUrl, headers, ...about }) {
  const withHeaders = (next) => (request) => {
    for (const [name, value] of Object.entries(headers ?? {})) request.header.set(name, value);
    return next(request);
  };
  const at = { baseUrl, fetch: counting, interceptors: [withHeaders] };
  const ways = {
    "connect, JSON": createConnectTransport(at),
    "connect, binary": createConnectTransport({ ...at, useBinaryFormat: true }),
    "connect, JSON, GET": createConnectTransport({ ...at, useHttpGet: true }),
    "connect, binary, GET": createConnectTransport({ ...at, useBinaryFormat: true, useHttpGet: true }),
    "gRPC-Web, binary": createGrpcWebTransport(at),
    "gRPC-Web, JSON": createGrpcWebTransport({ ...at, useBinaryFormat: false }),
  };
  const seen = {};
  for (const [way, transport] of Object.entries(ways)) {
    methods.length = 0;
    seen[way] = { ...(await calls(transport, about)), methods: [...methods] };
  }
  return seen;
}

let seen;
try {
  seen = await tried(await (await fetch("/about")).json());
} catch (error) {
  seen = { problem: String(error?.stack ?? error) };
}
await fetch("/seen", { method: "POST", body: JSON.stringify(seen) });
