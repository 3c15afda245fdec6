// Drivers that behave badly, one behaviour each, speaking the protocol by hand as a driver in any other language would.
import { existsSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [behaviour, file] = process.argv.slice(2);
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const pending = (note, state = null) => ({ step: 'pending', prompt: { kind: 'wait', message: note }, state });
const waiting = new Map();
let config = {};

function begin({ id, params }) {
  const { text } = params.request;
  switch (behaviour) {
    case 'good':
      return say({ type: 'reply', id, ok: true, value: pending('good', { pid: process.pid }) });
    case 'slow':
      return setTimeout(() => say({ type: 'reply', id, ok: true, value: pending('slow') }), Number(text));
    case 'silent':
    case 'polite':
      return;
    case 'spin':
      for (;;);
    case 'crash':
      return process.exit(3);
    case 'crash-once':
      if (existsSync(file)) return say({ type: 'reply', id, ok: true, value: pending('again') });
      writeFileSync(file, '');
      return process.exit(3);
    case 'hog':
      config = Buffer.alloc(512 * 1024 * 1024, 1);
      return;
    case 'garbage':
      return process.stdout.write('hello\n');
    case 'unknown':
      return say({ type: 'verdict', id, value: 'valid' });
    case 'stranger':
      return say({ type: 'reply', id: id + 1000, ok: true, value: null });
    case 'flood':
      for (let i = 0; i < 100_000; i += 1) say({ type: 'log', level: 'info', message: 'flood' });
      return;
    case 'stderr-flood':
      return process.stderr.write('x'.repeat(64 * 1024 * 1024));
    case 'oversized':
      return process.stdout.write('x'.repeat(2 * 1024 * 1024));
    case 'verdict':
      return say({ type: 'reply', id, ok: true, value: { step: 'done', value: { verdict: 'valid', idNumber: '1' } } });
    case 'bare-key': {
      const keys = params.request.wraps.map(({ id: of }) => ({ id: of, key: 'MDEyMzQ1Njc4OWFiY2RlZg==' }));
      return say({ type: 'reply', id, ok: true, value: { step: 'done', value: { keys } } });
    }
    case 'error':
      return say({ type: 'reply', id, ok: false, error: 'VendorError' });
    case 'surroundings':
      return say({
        type: 'reply',
        id,
        ok: true,
        value: pending(Object.keys(process.env).join(','), { argv: process.argv, config }),
      });
    case 'fetch':
      waiting.set(1, id);
      return say({ type: 'egress', id: 1, call: id, request: { method: 'GET', url: text, timeoutMs: 2000 } });
    case 'fetch-idle':
      waiting.set(1, id);
      return say({ type: 'egress', id: 1, call: 999, request: { method: 'GET', url: text, timeoutMs: 2000 } });
    default:
      process.exit(9);
  }
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const message = JSON.parse(line);
    if (message.type === 'open') {
      config = message.config;
      say({ type: 'opened', driver: message.driver });
    }
    if (message.type === 'call' && message.method === 'begin') begin(message);
    if (message.type === 'call' && message.method === 'resume') {
      say({ type: 'reply', id: message.id, ok: true, value: pending('resumed', message.params.state) });
    }
    if (message.type === 'cancel' && behaviour === 'polite')
      say({ type: 'reply', id: message.id, ok: false, error: 'cancelled' });
    if (message.type === 'egress') {
      const { reply } = message;
      const note = reply.ok ? `${reply.status}` : reply.reason;
      say({ type: 'reply', id: waiting.get(message.id), ok: true, value: pending(note) });
    }
  })
  .on('close', () => process.exit(0));
