import { Agent, request } from 'node:http';

/** One person's client: kept-alive connections, cookies by name, no redirects followed. The same one walks the hub and its peer. */
export class Client {
  readonly #cookies = new Map<string, string>();
  readonly #agent: Agent;
  readonly #headers: Readonly<Record<string, string>>;

  /** Clients share `agent`, as one machine's sockets; `headers` go with every request. */
  constructor(agent: Agent, headers: Readonly<Record<string, string>> = {}) {
    this.#agent = agent;
    this.#headers = headers;
  }

  send(method: 'GET' | 'POST', url: string, body?: { type: string; text: string }, more: Headers = {}): Promise<Reply> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = {
      ...this.#headers,
      ...more,
      ...(cookie !== '' && { cookie }),
      ...(body && { 'content-type': body.type, 'content-length': String(Buffer.byteLength(body.text)) }),
    };
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { method, agent: this.#agent, headers }, (reply) => {
        for (const line of reply.headers['set-cookie'] ?? []) this.#keep(line);
        let text = '';
        reply.setEncoding('utf8');
        reply.on('data', (part: string) => {
          text += part;
        });
        reply.on('error', reject);
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, location: reply.headers.location ?? '', text }));
      });
      outgoing.on('error', reject);
      outgoing.setTimeout(30_000, () => outgoing.destroy(new Error(`no answer from ${new URL(url).pathname}`)));
      outgoing.end(body?.text);
    });
  }

  async json(url: string, body: unknown, more: Headers = {}): Promise<Record<string, unknown>> {
    const reply = await this.send('POST', url, { type: 'application/json', text: JSON.stringify(body) }, more);
    return JSON.parse(reply.text) as Record<string, unknown>;
  }

  #keep(line: string): void {
    const [pair = ''] = line.split(';');
    const at = pair.indexOf('=');
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    if (value === '') this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}

type Headers = Readonly<Record<string, string>>;

export interface Reply {
  readonly status: number;
  readonly location: string;
  readonly text: string;
}

export const newAgent = (): Agent => new Agent({ keepAlive: true, maxSockets: 256 });
