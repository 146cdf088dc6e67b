// What each client is to do with the API, whatever carries its calls. Gives what it saw; the test judges.
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { APIService } from "./gen/neoshowcase/protobuf/api_pb.js";
import { PlatformService } from "./gen/neoshowcase/platform/v1/platform_pb.js";
import { BadRequestSchema } from "./gen/google/rpc/error_details_pb.js";

const far = { seconds: 946684800n, nanos: 0 };  // long before anything was printed

// `application` runs and prints; `build` is its finished build.
export async function calls(transport, { application, build }) {
  const api = createClient(APIService, transport), platform = createClient(PlatformService, transport);
  return {
    me: (await api.getMe({})).name,
    refused: await failure(() => api.getApplication({ id: "no id" })),
    missing: await failure(() => api.getApplication({ id: "0".repeat(22) })),
    log: await followed(platform, build),
    aborted: await aborted(api, application),
    late: await failure(() => drain(api.getOutputStream({ applicationId: application, begin: far }, { timeoutMs: 700 }))),
    after: (await api.getApplication({ id: application })).id,
  };
}

async function failure(call) {
  try {
    await call();
    return { code: "none" };
  } catch (thrown) {
    const error = ConnectError.from(thrown);
    const fields = error.findDetails(BadRequestSchema).flatMap((detail) => detail.fieldViolations.map((one) => one.field));
    return { code: Code[error.code], message: error.rawMessage, fields };
  }
}

async function drain(stream) {
  for await (const _ of stream);
}

// The log of a finished build, and where its last piece says that it ends.
async function followed(platform, build) {
  let bytes = 0, last;
  for await (const piece of platform.followBuildLog({ buildId: build, maxBytes: 16 })) {
    bytes += piece.data.length;
    last = piece;
  }
  return { bytes, end: Number(last.nextOffset), finished: last.finished };
}

// A stream that has no end of its own, broken off after the first line.
async function aborted(api, application) {
  const control = new AbortController();
  let lines = 0;
  const seen = await failure(async () => {
    for await (const _ of api.getOutputStream({ applicationId: application, begin: far }, { signal: control.signal })) {
      lines += 1;
      control.abort();
    }
  });
  return { ...seen, lines };
}
