/**
 * Another's judgement on the signatures of a PDF: structure by `openssl asn1parse`, digests and signatures by `openssl dgst`, bytes cut with tail and head.
 * Nothing of ours takes part: what these functions say of a document they say of any document.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One value of the parse: what openssl calls it, where it begins, its head and its content in bytes, and what stands inside. */
interface Node {
  readonly name: string;
  readonly at: number;
  readonly head: number;
  readonly length: number;
  readonly inside: Node[];
}

export interface ElsewhereJudged {
  /** Hex: what the container says of the document, and what the document's bytes digest to. */
  readonly claimed: string;
  readonly digest: string;
  /** The certificate's key made the signature over the attributes, or over TBS_Sign. */
  readonly signature: boolean;
  /** A seal: its maker's key made the signature over what is in it. null: no seal. */
  readonly maker: boolean | null;
  readonly form: 'cms' | 'seal';
}

/** All signatures of the document, in its order; those of RSA keys are pdfsig's to judge. */
export function judgedElsewhere(pdf: Uint8Array): ElsewhereJudged[] {
  const folder = mkdtempSync(join(tmpdir(), 'elsewhere-'));
  try {
    const text = Buffer.from(pdf).toString('latin1');
    const places = [...text.matchAll(/\/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]/g)];
    return places.map((place) => judge(folder, Buffer.from(pdf), place.slice(1).map(Number)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The first signature's container as openssl lists it. */
export function containerText(pdf: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'elsewhere-'));
  try {
    const hex = /\/Contents\s*<([0-9A-Fa-f]+)>/.exec(Buffer.from(pdf).toString('latin1'))?.[1] ?? '';
    const path = join(folder, 'container.der');
    writeFileSync(path, Buffer.from(hex, 'hex'));
    return lines(path).join('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function judge(folder: string, pdf: Buffer, range: number[]): ElsewhereJudged {
  const [from = 0, before = 0, after = 0, rest = 0] = range;
  if (from !== 0) throw new Error('a signature that does not begin with the document');
  const file = (name: string, content: Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const document = file('document.pdf', pdf);
  const [covered, contents] = [join(folder, 'covered'), join(folder, 'contents.hex')];
  shell(
    `head -c ${before} ${document} > ${covered}; tail -c +${after + 1} ${document} | head -c ${rest} >> ${covered}`,
  );
  shell(`tail -c +${before + 1} ${document} | head -c ${after - before} | tr -d '<> ' > ${contents}`);
  const der = Buffer.from(execFileSync('cat', [contents]).toString('latin1'), 'hex');
  const container = file('container.der', der);
  const root = parse(container);
  const cut = ({ at, head, length }: Node): Buffer => der.subarray(at, at + head + length);
  const contentOf = ({ at, head, length }: Node): Buffer => der.subarray(at + head, at + head + length);
  /** Without the count of unused bits. */
  const bitsOf = (node: Node): Buffer => contentOf(node).subarray(1);
  const holds = (certificate: Uint8Array, signed: Uint8Array, signature: Uint8Array): boolean => {
    const key = join(folder, 'key.pem');
    const leaf = file('certificate.der', certificate);
    openssl('x509', '-inform', 'DER', '-in', leaf, '-pubkey', '-noout', '-out', key);
    const parts = ['-signature', file('signature', signature), file('signed', signed)];
    return tells('dgst', '-sm3', '-verify', key, '-sigopt', 'distid:1234567812345678', ...parts) === 'Verified OK';
  };
  const digest = openssl('dgst', '-sm3', '-r', covered).slice(0, 64);

  if (root.inside[0]?.name === 'OBJECT') {
    // ContentInfo { type, [0] SignedData { version, digests, content, [0] certificates, signerInfos } }
    const message = descend(root, 1, 0);
    const certificates = message.inside.find(({ name }) => name === 'cont [ 0 ]');
    const info = descend(message.inside.at(-1), 0);
    const attributes = info.inside.find(({ name }) => name === 'cont [ 0 ]');
    const value = info.inside.find(({ name }) => name === 'OCTET STRING');
    const own = attributes?.inside.find(({ at }) => /:messageDigest$/.test(nameAt(container, at)));
    // Certificates stand in no order: the signer's is the one of the serial number that he names.
    const serial = cut(descend(info, 1, 1));
    const signer = certificates?.inside.find((one) => cut(descend(one, 0, 1)).equals(serial));
    if (!signer || !attributes || !value || !own) throw new Error('no signed message');
    const signed = Buffer.from(cut(attributes));
    signed[0] = 0x31; // RFC 5652 5.4: signed as SET OF
    return {
      ...{ form: 'cms', digest, claimed: contentOf(descend(own, 1, 0)).toString('hex'), maker: null },
      signature: holds(cut(signer), signed, contentOf(value)),
    };
  }
  // SES_Signature { TBS_Sign { version, seal, time, hash, property }, certificate, algorithm, signature }
  const tbs = descend(root, 0);
  const seal = descend(tbs, 1);
  const [info, maker, , made] = [0, 1, 2, 3].map((index) => descend(seal, index)) as [Node, Node, Node, Node];
  return {
    ...{ form: 'seal', digest, claimed: bitsOf(descend(tbs, 3)).toString('hex') },
    signature: holds(contentOf(descend(root, 1)), cut(tbs), bitsOf(descend(root, 3))),
    maker: holds(contentOf(maker), cut(info), bitsOf(made)),
  };
}

const shell = (line: string): void => void execFileSync('sh', ['-c', line]);
const openssl = (...args: string[]): string => execFileSync('openssl', args, { encoding: 'utf8', stdio: PIPES });
/** What it says, also where it says no. */
const tells = (...args: string[]): string => spawnSync('openssl', args, { encoding: 'utf8' }).stdout.trim();
const PIPES: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];

const lines = (file: string): string[] => openssl('asn1parse', '-inform', 'DER', '-in', file).split('\n');

/** The object identifier that an attribute at this place begins with, as openssl names it. */
function nameAt(file: string, at: number): string {
  const all = lines(file);
  const index = all.findIndex((line) => new RegExp(`^\\s*${at}:`).test(line));
  return all[index + 1]?.trim() ?? '';
}

function parse(file: string): Node {
  const top: Node = { name: '', at: 0, head: 0, length: 0, inside: [] };
  const open: Node[] = [top];
  for (const line of lines(file)) {
    const [, at, depth, head, length, name = ''] =
      /^\s*(\d+):d=\s*(\d+)\s+hl=\s*(\d+)\s+l=\s*(\d+)\s+(?:cons|prim): (cont \[ \d+ \]|[A-Z0-9 ]+[A-Z0-9])/.exec(
        line,
      ) ?? [];
    if (at === undefined) continue;
    const node: Node = { name, at: Number(at), head: Number(head), length: Number(length), inside: [] };
    open.length = Number(depth) + 1;
    open.at(-1)?.inside.push(node);
    open.push(node);
  }
  return descend(top, 0);
}

function descend(node: Node | undefined, ...path: number[]): Node {
  const found = path.reduce<Node | undefined>((one, index) => one?.inside[index], node);
  if (found === undefined) throw new Error(`no value ${path.join('/')} there`);
  return found;
}
