import { SaxesParser } from 'saxes';
import { type Bytes, fromUtf8Strict } from '#kernel/bytes.ts';
import { limits } from '#kernel/limits.ts';
import { OfdFault } from './fault.ts';

/** An element of the OFD namespace, by its local name. What stands in other namespaces is not read. */
export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
  /** Its own text, without its children's. */
  readonly text: string;
}

/** GB/T 33190-2016, and what was written before it was printed. */
const NAMESPACES: readonly string[] = ['http://www.ofdspec.org/2016', 'http://www.ofdspec.org'];
const MOST_ATTRIBUTES = 64;

interface Open extends Element {
  readonly children: Element[];
  text: string;
}

const broken = (detail: string): OfdFault => new OfdFault('broken', detail);

/**
 * A part as XML 1.0 in UTF-8: well-formed, with a root of the OFD namespace under any prefix, without a document type (and so without entities of its own),
 * bounded in bytes, depth and number of elements. Throws OfdFault.
 */
export function parseXml(bytes: Bytes): Element {
  if (bytes.length > limits.ofdXml) throw new OfdFault('too-large', 'an XML part beyond the allowed size');
  const text = fromUtf8Strict(bytes);
  if (text === undefined) throw broken('an XML part that is not UTF-8');
  const parser = new SaxesParser({ xmlns: true });
  const open: Open[] = [];
  let [root, depth, count] = [undefined as Element | undefined, 0, 0];
  parser.on('error', () => {
    throw broken('an XML part that is not well-formed');
  });
  parser.on('doctype', () => {
    throw broken('an XML part with a document type');
  });
  parser.on('xmldecl', ({ version, encoding }) => {
    if (version !== undefined && version !== '1.0') throw new OfdFault('unsupported', 'another version of XML');
    if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) throw new OfdFault('unsupported', 'another encoding');
  });
  parser.on('opentag', ({ local, uri, attributes }) => {
    depth += 1;
    count += 1;
    if (depth > limits.ofdDepth || count > limits.ofdElements)
      throw new OfdFault('too-large', 'an XML part too deep or too long');
    const own = Object.values(attributes).filter((one) => one.uri === '');
    if (own.length > MOST_ATTRIBUTES) throw new OfdFault('too-large', 'an element with too many attributes');
    const strange = !NAMESPACES.includes(uri);
    if (depth === 1 && strange) throw broken('an XML part of another namespace');
    const element: Open = {
      name: strange ? '' : local,
      attributes: new Map(own.map((one) => [one.local, one.value])),
      children: [],
      text: '',
    };
    open.at(-1)?.children.push(element);
    open.push(element);
    root ??= element;
  });
  const said = (piece: string): void => {
    const inside = open.at(-1);
    if (inside !== undefined) inside.text += piece;
  };
  parser.on('text', said);
  parser.on('cdata', said);
  parser.on('closetag', () => {
    depth -= 1;
    open.pop();
  });
  parser.write(text).close();
  if (root === undefined) throw broken('an XML part without an element');
  return root;
}

export const childrenOf = (element: Element | undefined, name: string): readonly Element[] =>
  element?.children.filter((child) => child.name === name) ?? [];

/** The one child of this name; none: undefined. Two would be read differently by different readers: OfdFault. */
export function childOf(element: Element | undefined, name: string): Element | undefined {
  const [first, second] = childrenOf(element, name);
  if (second !== undefined) throw broken(`two elements ${name} where one may stand`);
  return first;
}

/** Its text, trimmed; '' and absence are the same. */
export function textOf(element: Element | undefined, name: string): string | undefined {
  const text = childOf(element, name)?.text.trim();
  return text === '' ? undefined : text;
}
