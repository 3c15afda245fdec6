import type { Bytes } from '#kernel/bytes.ts';
import { type DerNode, tags } from './der.ts';
import { childrenOf, readOid } from './der-values.ts';
import { nameOids } from './oids.ts';
import { readString } from './strings.ts';

/** A distinguished name. Two names are the same when their `der` is: never compare the texts. */
export interface Name {
  readonly der: Bytes;
  /** In the order of the encoding. */
  readonly attributes: readonly NameAttribute[];
  /** First value of an attribute by short name (`CN`, `O`, `serialNumber`) or dotted OID. */
  get(shortName: string): string | undefined;
}

export interface NameAttribute {
  readonly oid: string;
  readonly value: string;
}

/** Checks the shape now, decodes the attributes when first asked for. Not a name: undefined. */
export function readName(node: DerNode | undefined): Name | undefined {
  const rdns = childrenOf(node, tags.sequence);
  if (node === undefined || rdns === undefined) return undefined;
  for (const rdn of rdns) if (rdn.tag !== tags.set) return undefined;
  return new ReadName(node, rdns);
}

class ReadName implements Name {
  readonly der: Bytes;
  readonly #rdns: readonly DerNode[];
  #attributes: readonly NameAttribute[] | undefined;

  constructor(node: DerNode, rdns: readonly DerNode[]) {
    this.der = node.der;
    this.#rdns = rdns;
  }

  get attributes(): readonly NameAttribute[] {
    this.#attributes ??= this.#rdns.flatMap((rdn) => rdn.children().flatMap(readAttribute));
    return this.#attributes;
  }

  get(shortName: string): string | undefined {
    const oid = nameOids[shortName] ?? shortName;
    return this.attributes.find((attribute) => attribute.oid === oid)?.value;
  }
}

function readAttribute(node: DerNode): NameAttribute[] {
  const [type, value] = node.children();
  const oid = readOid(type);
  const text = value === undefined ? undefined : readString(value.tag, value.content);
  return oid === undefined || text === undefined ? [] : [{ oid, value: text }];
}
