// Scores a TorchScript model with modlab, from Node.js.
//
//     npm ci --prefix client/examples/node
//     node client/examples/node/score.js net.pt --clusters 4 \
//         --server lab.example:7443 --ca ca.pem --token-file alice.token
//
// The .proto files in proto/modlab/v1 are the manual.
'use strict';

const { createHash, randomUUID } = require('node:crypto');
const { once } = require('node:events');
const fs = require('node:fs/promises');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { Patience, UsageError, connect, persist } = require('./connection');

const CHUNK = 256 * 1024; // bytes in one message; the server takes at most 1 MiB

const HELP = `usage: score.js MODEL [options]

Score a TorchScript model with modlab. MODEL is a file that torch.jit.save has written.

  --clusters K       number of clusters (default: 8)
  --seed N           seed of everything random (default: 0)
  --server ADDRESS   HOST:PORT, with TLS, or unix:PATH (default: MODLAB_SERVER)
  --ca FILE          PEM file of the authority that signed its certificate (default: MODLAB_CA)
  --token-file FILE  holds your token; mode 600 (default: MODLAB_TOKEN_FILE)
  --patience SECONDS how long to wait for a server that is away (default: 60)`;

class JobFailed extends Error {}

// The pieces of a file from `offset` on.
async function* pieces(file, offset) {
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK, offset);
    yield { offset, data: buffer.subarray(0, bytesRead) }; // at least once, if only to be told that all is there
    if (bytesRead < CHUNK) return;
    offset += bytesRead;
  }
}

// A server, as this program uses it. Waits up to `patience` seconds where the server is away.
class Modlab {
  constructor(services, patience) {
    Object.assign(this, services);
    this.patience = patience;
  }

  // Brings a file's bytes to the server and returns the name of the complete upload.
  async upload(file) {
    const digest = createHash('sha256');
    let sizeBytes = 0;
    for await (const { data } of pieces(file, 0)) {
      digest.update(data);
      sizeBytes += data.length;
    }
    // The request id makes this safe to repeat if the answer gets lost: the server does it only once.
    let upload = await persist(this.uploads, 'createUpload', {
      upload: { sizeBytes, sha256: digest.digest('hex') }, requestId: randomUUID(),
    }, this.patience);
    const { name } = upload;
    const patience = new Patience(this.patience);
    while (upload.state !== 'COMPLETE') { // it is at once if we have sent this content before
      const start = upload.committedBytes;
      try {
        upload = await this.send(file, name, start);
        if (upload.state !== 'COMPLETE') throw new UsageError('the model changed while it was sent');
      } catch (error) {
        await patience.pause(error);
        // What the server has on disk it keeps: we go on from there.
        upload = await persist(this.uploads, 'getUpload', { name }, this.patience);
        if (upload.committedBytes > start) patience.progress();
      }
    }
    return name;
  }

  // One stream: sends from `offset` on.
  async send(file, name, offset) {
    let stream;
    const answer = new Promise((resolve, reject) => {
      stream = this.uploads.writeUpload((error, upload) => (error ? reject(error) : resolve(upload)));
    });
    const send = async () => {
      for await (const piece of pieces(file, offset)) {
        if (!stream.write({ name, ...piece })) await once(stream, 'drain');
      }
      stream.end();
      return answer;
    };
    return Promise.race([answer, send()]); // a stream that broke does not drain any more
  }

  // Prints what a job does, and returns it when it has ended.
  async watch(name) {
    let seen = 0;
    let latest;
    const patience = new Patience(this.patience);
    for (;;) {
      try {
        // The stream starts with the job as it is, goes on with every event, and ends with the job as it ended.
        for await (const update of this.jobs.watchJob({ name, afterSequence: seen })) {
          patience.progress();
          if (update.update === 'job') {
            latest = update.job;
          } else if (update.update === 'event') {
            seen = update.event.sequence;
            show(update.event);
          }
        }
        return latest;
      } catch (error) {
        await patience.pause(error); // then go on after the last event that we have seen: none is lost or repeated
      }
    }
  }

  // Makes a model of a file, and returns it when the server has loaded and inspected it.
  async push(modelPath) {
    let file;
    try {
      file = await fs.open(modelPath);
    } catch (error) {
      throw new UsageError(`cannot read ${modelPath}: ${error.code}`);
    }
    const upload = await this.upload(file).finally(() => file.close());
    let model = await persist(this.models, 'createModel', {
      model: { displayName: path.basename(modelPath) }, upload, requestId: randomUUID(),
    }, this.patience);
    if (model.state === 'INSPECTING') { // else the server knew it, and that job may be gone
      await this.watch(model.inspectJob);
      model = await persist(this.models, 'getModel', { name: model.name }, this.patience);
    }
    if (model.state === 'UNUSABLE') throw new JobFailed(`${modelPath} cannot be used: ${model.error.message}`);
    return model;
  }

  // Scores a model and returns the finished job.
  async score(model, clusters, seed) {
    const spec = { seed, score: { model: model.name, partitions: [{ spectral: { clusters } }] } };
    let job = await persist(this.jobs, 'createJob', { job: { spec }, requestId: randomUUID() }, this.patience);
    console.error('watching', job.name);
    job = await this.watch(job.name);
    if (job.state !== 'SUCCEEDED') { // FAILED, with job.error set, or CANCELLED
      throw new JobFailed(`${job.name}: ${job.error ? job.error.message : 'cancelled'}`);
    }
    return job;
  }
}

function show(event) {
  if (event.kind === 'state') {
    console.error(event.state.state.toLowerCase());
  } else if (event.kind === 'progress') {
    const { phase, fraction } = event.progress; // not every phase knows how far it is
    console.error(fraction === undefined ? phase : `${phase} ${Math.round(100 * fraction)}%`);
  }
}

function parseArguments() {
  const text = (value) => (value === undefined ? { type: 'string' } : { type: 'string', default: value });
  const parsed = parseArgs({
    allowPositionals: true,
    options: {
      clusters: text('8'), seed: text('0'), patience: text('60'), server: text(process.env.MODLAB_SERVER),
      ca: text(process.env.MODLAB_CA), 'token-file': text(process.env.MODLAB_TOKEN_FILE), help: { type: 'boolean' },
    },
  });
  const options = { ...parsed.values, model: parsed.positionals[0] };
  if (options.help) return options;
  for (const name of ['clusters', 'seed', 'patience']) {
    options[name] = Number(options[name]);
    if (!Number.isInteger(options[name])) throw new UsageError(`--${name} is a whole number`);
  }
  if (parsed.positionals.length !== 1) throw new UsageError('name one model file');
  if (!options.server) throw new UsageError('name the server with --server or MODLAB_SERVER');
  return options;
}

async function main() {
  const options = parseArguments();
  if (options.help) return console.log(HELP);
  const services = connect(options.server, options.ca, options['token-file']);
  try {
    const modlab = new Modlab(services, options.patience);
    const model = await modlab.push(options.model);
    const job = await modlab.score(model, options.clusters, options.seed);
    for (const { modularity, ncut, sizes } of job.result.score.partitions) {
      console.log(`${model.displayName}: Q = ${modularity.newman.toFixed(4)}, n-cut = ${ncut.toFixed(4)}, ` +
        `cluster sizes [${sizes.join(', ')}]`);
    }
  } finally {
    services.close();
  }
}

main().catch((error) => {
  if (error instanceof UsageError || String(error.code).startsWith('ERR_PARSE_ARGS')) {
    console.error(`${error.message}\n\n${HELP}`);
    process.exitCode = 2;
  } else if (error instanceof JobFailed) {
    console.error(error.message);
    process.exitCode = 1;
  } else if (error.details) { // the server's sentence: what is wrong, and what to do
    console.error(`refused: ${error.details}`);
    process.exitCode = 1;
  } else {
    throw error; // a fault of this program
  }
});
