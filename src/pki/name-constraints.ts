import { type Bytes, equalBytes, fromUtf8 } from '#kernel/bytes.ts';
import type { Certificate } from './certificate.ts';
import { contextConstructed, contextPrimitive, type DerNode, readDer, tags } from './der.ts';
import { childrenOf, readOid } from './der-values.ts';
import { nameOids, oids } from './oids.ts';
import { readString } from './strings.ts';

/** The forms of names that are compared; every other form is only noticed. */
const EMAIL = contextPrimitive(1);
const DNS = contextPrimitive(2);
const DIRECTORY = contextConstructed(4);

interface GeneralName {
  readonly tag: number;
  readonly value: Bytes;
}

/** NameConstraints of one CA, RFC 5280 4.2.1.10. */
interface Constraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

/**
 * May this certificate stand below a CA with these constraints (RFC 5280 6.1.3 b, c)? `value` is the content of the CA's extension. Constraints that cannot
 * be read are not met; neither are those on a form of name that is not compared here, when the certificate has such a name.
 * Permitted is compared strictly, excluded loosely (letters, spaces, string types), so that a doubt always refuses.
 */
export function meetsConstraints(value: Bytes, certificate: Certificate): boolean {
  const constraints = readConstraints(value);
  const names = namesOf(certificate);
  if (constraints === undefined || names === undefined) return false;
  return names.every((name) => {
    if (constraints.excluded.some((tree) => tree.tag === name.tag && within(tree, name, true) !== false)) return false;
    const permitted = constraints.permitted.filter((tree) => tree.tag === name.tag);
    return permitted.length === 0 || permitted.some((tree) => within(tree, name, false) === true);
  });
}

/** At least one subtree; `minimum` 0 and no `maximum`, as RFC 5280 prescribes. */
function readConstraints(value: Bytes): Constraints | undefined {
  const [first, second, extra] = childrenOf(readDer(value), tags.sequence) ?? [];
  if (first === undefined || extra !== undefined) return undefined;
  const excludedNode = first.tag === contextConstructed(1) ? first : second;
  const permittedNode = first.tag === contextConstructed(0) ? first : undefined;
  if (permittedNode === undefined && second !== undefined) return undefined;
  if (excludedNode !== undefined && excludedNode.tag !== contextConstructed(1)) return undefined;
  if (permittedNode === undefined && excludedNode === undefined) return undefined;
  const permitted = permittedNode === undefined ? [] : readSubtrees(permittedNode);
  const excluded = excludedNode === undefined ? [] : readSubtrees(excludedNode);
  return permitted === undefined || excluded === undefined ? undefined : { permitted, excluded };
}

function readSubtrees(node: DerNode): readonly GeneralName[] | undefined {
  const subtrees = node.children().map((subtree) => {
    const [base, range] = childrenOf(subtree, tags.sequence) ?? [];
    return base === undefined || range !== undefined ? undefined : generalName(base);
  });
  return subtrees.length > 0 && subtrees.every((tree) => tree !== undefined) ? subtrees : undefined;
}

/** A directory name stands inside its tag as a whole Name. */
const generalName = (node: DerNode): GeneralName | undefined => {
  if (node.tag !== DIRECTORY) return { tag: node.tag, value: node.content };
  return readDer(node.content)?.tag === tags.sequence ? { tag: node.tag, value: node.content } : undefined;
};

/** Subject where it is not empty, its e-mail addresses, and all alternative names. */
function namesOf({ subject, extensions }: Certificate): readonly GeneralName[] | undefined {
  const alternative = extensions.get(oids.subjectAltName);
  const found =
    alternative === undefined ? [] : childrenOf(readDer(alternative.value), tags.sequence)?.map(generalName);
  if (found === undefined || !found.every((name) => name !== undefined)) return undefined;
  const mails = subject.attributes
    .filter(({ oid }) => oid === nameOids['emailAddress'])
    .map(({ value }) => ({ tag: EMAIL, value: Buffer.from(value, 'utf8') }));
  const own = rdnsOf(subject.der).length === 0 ? [] : [{ tag: DIRECTORY, value: subject.der }];
  return [...own, ...mails, ...found];
}

/** undefined: this form cannot be compared. */
function within(tree: GeneralName, name: GeneralName, loose: boolean): boolean | undefined {
  switch (name.tag) {
    case DIRECTORY:
      return directoryWithin(rdnsOf(tree.value), rdnsOf(name.value), loose);
    case DNS:
      return hostWithin(textOf(tree), textOf(name), loose);
    case EMAIL:
      return mailWithin(textOf(tree), textOf(name), loose);
    default:
      return undefined;
  }
}

const textOf = ({ value }: GeneralName): string => fromUtf8(value);
const rdnsOf = (name: Bytes): readonly DerNode[] => readDer(name)?.children() ?? [];

function directoryWithin(tree: readonly DerNode[], name: readonly DerNode[], loose: boolean): boolean {
  return tree.every((rdn, i) => {
    const other = name[i];
    if (other === undefined) return false;
    return equalBytes(rdn.der, other.der) || (loose && folded(rdn) === folded(other));
  });
}

/** Types and texts of one RDN without regard to letters, spaces and string types. */
const folded = (rdn: DerNode): string =>
  rdn
    .children()
    .map((attribute) => {
      const [type, value] = attribute.children();
      const text = value === undefined ? undefined : readString(value.tag, value.content);
      return `${readOid(type)}=${text?.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()}`;
    })
    .sort()
    .join('+');

/** `example.cn` covers itself and everything below it; an empty tree covers all. */
function hostWithin(tree: string, name: string, loose: boolean): boolean {
  const base = tree.toLowerCase().replace(/^\./, '');
  const host = name.toLowerCase().replace(/\.$/, '');
  if (base === '' || host.endsWith(`.${base}`)) return true;
  return host === base && (loose || !tree.startsWith('.'));
}

/** A mailbox covers itself, a host its mailboxes, `.host` those of the hosts below it. */
function mailWithin(tree: string, name: string, loose: boolean): boolean {
  const at = name.lastIndexOf('@');
  if (at < 0) return loose;
  const host = name.slice(at + 1).toLowerCase();
  if (!tree.includes('@')) {
    return tree.startsWith('.') ? hostWithin(tree, host, loose) : tree === '' || host === tree.toLowerCase();
  }
  const treeAt = tree.lastIndexOf('@');
  const [local, treeLocal] = [name.slice(0, at), tree.slice(0, treeAt)];
  const sameLocal = loose ? local.toLowerCase() === treeLocal.toLowerCase() : local === treeLocal;
  return sameLocal && host === tree.slice(treeAt + 1).toLowerCase();
}
