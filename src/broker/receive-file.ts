import { streamBody } from '#http/body.ts';
import type { EdgeContext } from '#http/context.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { HubError, refusal } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { OpenSealedFile, SealedFiles } from '#store/sealed-files.ts';
import { LONGEST_ATT_FILE } from '#wire/att-file.ts';
import type { PrintedInterface } from '#wire/interfaces.ts';
import type { Members } from '#wire/members.ts';
import { canonicalAround, signedSpellings } from '#wire/sign.ts';
import { sharesItsString } from '#wire/sign-path.ts';
import { signedStream } from '#wire/sign-stream.ts';
import { createBodySplitter } from '#wire/split-body.ts';
import type { BrokerDeps } from './deps.ts';
import { type ProvenRequest, unitAndMembers, wrongSign } from './prove.ts';

/** A proven request whose attFile is too large to hold. */
export interface ProvenFile extends ProvenRequest {
  /** The text of attFile, as often as it is asked for while the request is served. */
  readonly attFile: () => AsyncIterable<Bytes>;
}

export interface FileDeps extends BrokerDeps {
  readonly files: Pick<SealedFiles, 'write' | 'open' | 'remove'>;
}

/** What came of it, and the rest of the body for those who answer. */
export interface ServedFile<T> {
  readonly result: Result<T>;
  readonly body?: JsonObject;
  readonly request?: ProvenFile;
}

/**
 * As `receive` and `proveRequest`, of a message with an attFile (readings L36): its text lies in a sealed file while everything else is read by the same strict rules and
 * `sign` is proved over the whole; then `work` is done, and the sealed file is gone whatever came of it. Memory does not grow with the file. gzip and
 * deflate are taken. Further refusals: BODY_TOO_LARGE beyond `limits.document`, and what `work` throws as a HubError that is no fault of ours.
 */
export async function withFile<T>(
  deps: FileDeps,
  c: EdgeContext,
  entry: PrintedInterface,
  work: (request: ProvenFile) => Promise<Result<T>>,
): Promise<ServedFile<T>> {
  const field = entry.request.find(({ name }) => name === 'attFile');
  if (field === undefined) throw new HubError('INTERNAL', `${entry.path} prints no attFile`);
  const sent = streamBody(c, limits.documentBody, { mayBePacked: true });
  if (!sent.ok) return { result: sent };
  const splitter = createBodySplitter(field, LONGEST_ATT_FILE);
  async function* text(source: AsyncIterable<Bytes>): AsyncIterable<Bytes> {
    for await (const chunk of source) yield* splitter.push(chunk);
  }
  const spooled = await refusable(async () => ok(await deps.files.write(text(sent.value), limits.documentBody)));
  if (!spooled.ok) return { result: spooled };
  const { ref, bytes } = spooled.value;
  const opened = await deps.files.open(ref);
  try {
    if (opened === undefined) throw new HubError('INTERNAL', 'an attFile is gone while it is read');
    c.header('Connection', undefined); // everything was read, so the connection is good for the next request
    const body = splitter.end();
    if (!body.ok) return { result: body };
    const proven = await proveFile(deps, entry, body.value, { opened, bytes });
    if (!proven.ok) return { result: proven, body: body.value };
    const request = { ...proven.value, attFile: () => opened.stream() };
    return { result: await refusable(() => work(request)), body: body.value, request };
  } finally {
    await opened?.close();
    await deps.files.remove(ref);
  }
}

async function proveFile(
  deps: FileDeps,
  entry: PrintedInterface,
  body: JsonObject,
  { opened, bytes }: { opened: OpenSealedFile; bytes: number },
): Promise<Result<ProvenRequest>> {
  const found = await unitAndMembers(deps, body, entry.request);
  if (!found.ok) return found;
  const { unit, members } = found.value;
  const spellings = signedSpellings(unit.profile, entry.request, members, body);
  if (!spellings.ok) return spellings;
  const canonicals = spellings.value.map((one) => canonicalAround(one, nameIn(one, members)));
  const secrets = await deps.relyingParties.liveSecrets(deps.store.read, unit.id);
  const given = members.values.get('sign') ?? '';
  const digest = await signedStream(deps.gm, unit.profile, secrets, canonicals, given, opened.stream());
  if (digest === undefined) {
    const [around] = canonicals;
    return refused(wrongSign(unit, `${around?.before}<${bytes} characters>${around?.after}`));
  }
  if (unit.status !== 'active') return refused(refusal('UNIT_SUSPENDED'));
  const proven = { unit, members };
  return ok(sharesItsString(entry, members) ? { ...proven, proof: { path: entry.path, digest } } : proven);
}

/** attFile as this spelling of the message writes it. */
const nameIn = (spelling: ReadonlyMap<string, string>, { spelledAs }: Members): string =>
  spelling.has('attFile') ? 'attFile' : (spelledAs.get('attFile') ?? 'attFile');

/** What the caller did wrong is an answer; what went wrong here is thrown on. */
async function refusable<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HubError) || error.refusal.code === 'INTERNAL') throw error;
    const { code, params } = error.refusal;
    return refused(refusal(code, params));
  }
}
