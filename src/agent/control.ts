import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { z } from 'zod';
import { equalBytes, utf8 } from '#kernel/bytes.ts';
import { readJsonObject } from '#kernel/json.ts';
import { readBody, sendJson, sendStatus } from './replies.ts';
import type { Slots } from './slots.ts';
import type { Token } from './token.ts';

/** Where the commands of this PC's user talk to the running agent. */
export const CONTROL_PATH = '/control';

const command = z.discriminatedUnion('command', [
  z.object({ command: z.literal('keys') }),
  z.object({ command: z.literal('plug'), file: z.string().min(1).max(4_096) }),
  z.object({ command: z.literal('unplug'), key: z.string().min(1).max(4_096) }),
]);
export type ControlCommand = z.infer<typeof command>;

const keyLine = z.object({
  id: z.string(),
  label: z.string(),
  file: z.string(),
  pinEntry: z.enum(['page', 'agent']),
  remaining: z.number(),
});
type KeyLine = z.infer<typeof keyLine>;
const answer = z.object({ ok: z.boolean(), keys: z.array(keyLine) });
export type ControlAnswer = z.infer<typeof answer>;

const ticket = z.object({ url: z.string(), token: z.string(), pid: z.number() });
export type ControlTicket = z.infer<typeof ticket>;

/** Readable by its owner only: who can read this file may plug and unplug keys, no more. */
export function writeTicket(file: string, content: ControlTicket): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.${process.pid}.tmp`;
  writeFileSync(beside, JSON.stringify(content), { mode: 0o600 });
  renameSync(beside, file);
}

/** The ticket of a running agent; undefined when there is none. */
export function readTicket(file: string): ControlTicket | undefined {
  try {
    return ticket.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Takes our own ticket away; another agent's stays. */
export function removeTicket(file: string, token: string): void {
  if (readTicket(file)?.token === token) rmSync(file, { force: true });
}

/** A command for the agent's owner. Browsers are kept out: they always send Origin with a POST, and cannot read the ticket. */
export async function controlDoor(
  request: IncomingMessage,
  reply: ServerResponse,
  { slots, token }: { slots: Slots; token: string },
): Promise<void> {
  if (request.method !== 'POST') return sendStatus(reply, 405, { allow: 'POST' });
  const given = utf8(request.headers.authorization ?? '');
  if (request.headers.origin !== undefined || !equalBytes(given, utf8(`Bearer ${token}`)))
    return sendStatus(reply, 403);
  const bytes = await readBody(request, 8_192);
  const json = bytes && readJsonObject(bytes, { size: 8_192, depth: 2 });
  const parsed = json?.ok === true ? command.safeParse(json.value) : undefined;
  if (parsed?.success !== true) return sendStatus(reply, 400);
  sendJson(reply, perform(slots, parsed.data));
}

function perform(slots: Slots, asked: ControlCommand): ControlAnswer {
  switch (asked.command) {
    case 'keys':
      return { ok: true, keys: slots.list().map(({ token, file }) => lineOf(token, file)) };
    case 'plug':
      return one(slots.plug(asked.file), asked.file);
    case 'unplug':
      return one(slots.unplug(asked.key), '');
  }
}

const one = (token: Token | undefined, file: string): ControlAnswer =>
  token === undefined ? { ok: false, keys: [] } : { ok: true, keys: [lineOf(token, file)] };

function lineOf(token: Token, file: string): KeyLine {
  const status = token.pinStatus();
  const { id, label, pinEntry } = token;
  return { id, label, file, pinEntry, remaining: status === 'removed' ? 0 : status.remaining };
}

/** Sends a command to the running agent; undefined when none answers. */
export async function sendCommand(
  { url, token }: ControlTicket,
  asked: ControlCommand,
): Promise<ControlAnswer | undefined> {
  try {
    const reply = await fetch(`${url}${CONTROL_PATH}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(asked),
      redirect: 'error',
      signal: AbortSignal.timeout(5_000),
    });
    return reply.ok ? answer.parse(await reply.json()) : undefined;
  } catch {
    return undefined;
  }
}
