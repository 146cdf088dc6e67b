// node.js SOCKET JSON: every way in which @connectrpc/connect-node speaks, through the Unix socket. Prints what it saw as JSON.
import net from "node:net";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { calls } from "./calls.mjs";

const [socketPath, about] = process.argv.slice(2);
const baseUrl = "http://localhost";
const one = { baseUrl, httpVersion: "1.1", nodeOptions: { socketPath } };
const manager = new Http2SessionManager(baseUrl, undefined, { createConnection: () => net.connect(socketPath) });
const two = { baseUrl, httpVersion: "2", sessionManager: manager };

const ways = {
  "connect, binary, HTTP/1.1": createConnectTransport(one),
  "connect, JSON, GET, HTTP/1.1": createConnectTransport({ ...one, useBinaryFormat: false, useHttpGet: true }),
  "gRPC-Web, binary, HTTP/1.1": createGrpcWebTransport(one),
  "connect, JSON, HTTP/2": createConnectTransport({ ...two, useBinaryFormat: false }),
  "gRPC-Web, JSON, HTTP/2": createGrpcWebTransport({ ...two, useBinaryFormat: false }),
  "gRPC, binary, HTTP/2": createGrpcTransport(two),
  "gRPC, JSON, HTTP/2": createGrpcTransport({ ...two, useBinaryFormat: false }),
};
const seen = {};
for (const [way, transport] of Object.entries(ways)) seen[way] = await calls(transport, JSON.parse(about));
console.log(JSON.stringify(seen));
process.exit(0);
