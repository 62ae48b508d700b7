// How a program reaches a modlab server, and goes on when the server or the network was away for a while.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const PROTO = path.join(__dirname, '..', '..', '..', 'proto');

// How calls end that may be made again: the server was not there (CANCELLED is what gRPC says while a server closes its
// connections), or it has other bytes of an upload than we thought.
const AGAIN = [grpc.status.UNAVAILABLE, grpc.status.CANCELLED, grpc.status.ABORTED];

const OPTIONS = {
  // A watched job may say nothing for minutes; a silent connection must still be known to live.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 20_000,
  // The waits between our own attempts are the ones that count.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2_000,
  // A web proxy is for web pages; a compute server is reached directly.
  'grpc.enable_http_proxy': 0,
};

// The caller gave something that cannot be used; the message says what to do.
class UsageError extends Error {}

function readFile(file, what) {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    throw new UsageError(`cannot read ${what} ${file}: ${error.code}`);
  }
}

// A token is a password: a file that others can read is refused.
function readToken(file) {
  const content = readFile(file, 'the token file').toString();
  if (fs.statSync(file).mode & 0o077) {
    throw new UsageError(`the token file ${file} can be read by others: chmod 600 ${file}`);
  }
  const token = content.trim();
  if (!/^[!-~]+$/.test(token)) {
    throw new UsageError(`${file} holds no token: it is one word, as \`modlabd token create\` prints it`);
  }
  return token;
}

function makeCredentials(server, ca, tokenFile) {
  if (server.startsWith('unix:')) return grpc.credentials.createInsecure(); // its folder's rights say who gets in
  const tls = grpc.credentials.createSsl(ca ? readFile(ca, "the authority's certificate") : null);
  if (!tokenFile) return tls;
  const metadata = new grpc.Metadata();
  metadata.set('authorization', 'Bearer ' + readToken(tokenFile));
  const token = grpc.credentials.createFromMetadataGenerator((_, callback) => callback(null, metadata));
  return grpc.credentials.combineChannelCredentials(tls, token);
}

// The services of the server at `unix:PATH`, or at `HOST:PORT` with TLS. `ca` is a PEM file; without it Node's authorities
// count. The .proto files are read here and now: there is nothing to generate.
function connect(server, ca, tokenFile) {
  const files = ['upload', 'model', 'job'].map((name) => `modlab/v1/${name}.proto`);
  const definition = protoLoader.loadSync(files, {
    includeDirs: [PROTO], longs: Number, enums: String, defaults: true, oneofs: true,
  });
  const { v1 } = grpc.loadPackageDefinition(definition).modlab;
  const channel = new grpc.Channel(server, makeCredentials(server, ca, tokenFile), OPTIONS);
  const client = (Service) => new Service(server, null, { channelOverride: channel });
  return {
    uploads: client(v1.UploadService),
    models: client(v1.ModelService),
    jobs: client(v1.JobService),
    close: () => channel.close(),
  };
}

// Waits between attempts, longer and longer, and gives up where nothing has gone forward for a while.
class Patience {
  constructor(seconds) {
    this.seconds = seconds;
    this.progress();
  }

  // Something worked: start from the beginning.
  progress() {
    this.wait = 200;
    this.end = undefined; // known once a call has ended: what goes well may take as long as it takes
  }

  // After a call ended with `error`: resolves when it is time to try again, or throws the error.
  async pause(error) {
    const now = performance.now(); // unlike the time of day it never jumps
    this.end ??= now + 1000 * this.seconds;
    if (!AGAIN.includes(error.code) || now > this.end) throw error;
    console.error(`trying again: ${error.details}`);
    await sleep(this.wait * (0.5 + Math.random() / 2)); // so that many clients do not come back all at once
    this.wait = Math.min(2 * this.wait, 5000);
  }
}

// Makes a call that may be made twice: one that reads, or that carries a request id.
async function persist(client, method, request, seconds) {
  const patience = new Patience(seconds);
  for (;;) {
    try {
      return await new Promise((resolve, reject) => {
        client[method](request, (error, answer) => (error ? reject(error) : resolve(answer)));
      });
    } catch (error) {
      await patience.pause(error);
    }
  }
}

module.exports = { Patience, UsageError, connect, persist };
