import type { Bytes } from '#kernel/bytes.ts';
import type { Certificate } from './certificate.ts';
import { contextPrimitive, type DerNode, readDer, tags } from './der.ts';
import { type IdentityMeaning, identityArcs } from './identity-oids.ts';
import {
  hasOrganisationCodeShape,
  hasResidentIdShape,
  hasUnitCodeShape,
  isOrganisationCode,
  isResidentId,
  isUnitCode,
} from './numbers.ts';
import { nameOids } from './oids.ts';
import { lenient, readString } from './strings.ts';

export type NumberField = 'unitCode' | 'organisationCode' | 'idNumber';

/** `high`: an arc made for this number; `medium`: a vendor's own place; `low`: picked out of a name. */
export type Confidence = 'high' | 'medium' | 'low';

export interface Finding {
  readonly field: NumberField;
  readonly value: string;
  /** Extension or name attribute it stood in. */
  readonly oid: string;
  readonly confidence: Confidence;
  /** false: it has the shape of such a number and a wrong check character. */
  readonly checked: boolean;
}

interface Place {
  readonly oid: string;
  readonly means: IdentityMeaning;
  readonly confidence: Confidence;
  readonly texts: readonly string[];
}

/** Name attributes in which some CAs put numbers, after all extensions. */
const NAME_PLACES: readonly (readonly [string, Confidence])[] = [
  ['serialNumber', 'medium'],
  ['organizationIdentifier', 'medium'],
  ['UID', 'low'],
  ['OU', 'low'],
  ['CN', 'low'],
];

/** Every number of the certificate in every place, `first` places first. Places a vendor's profile leaves out stay readable, but for OU, where registration offices put codes of their own. */
export function findNumbers(certificate: Certificate, first: readonly string[]): readonly Finding[] {
  const places = [...extensionPlaces(certificate), ...namePlaces(certificate, first)];
  const rank = (place: Place): number => {
    const at = first.indexOf(place.oid);
    return at < 0 ? first.length : at;
  };
  return places
    .map((place) => (first.includes(place.oid) ? { ...place, confidence: 'high' as const } : place))
    .sort((a, b) => rank(a) - rank(b))
    .flatMap((place) => place.texts.flatMap((text) => numbersIn(text, place)));
}

function extensionPlaces(certificate: Certificate): Place[] {
  return identityArcs.flatMap(({ oid, means }) => {
    const extension = means === 'other' ? undefined : certificate.extensions.get(oid);
    if (extension === undefined) return [];
    const confidence = means === 'unique-id' ? 'medium' : 'high';
    return [{ oid, means, confidence, texts: textsOf(extension.value) }];
  });
}

function namePlaces(certificate: Certificate, first: readonly string[]): Place[] {
  return NAME_PLACES.flatMap(([name, confidence]) => {
    const oid = nameOids[name] ?? name;
    if (name === 'OU' && first.length > 0 && !first.includes(oid)) return [];
    const values = certificate.subject.attributes.filter((attribute) => attribute.oid === oid);
    return [{ oid, means: 'unique-id' as const, confidence, texts: values.map((attribute) => attribute.value) }];
  });
}

/** Texts inside an extension value: any string type, any wrapping, or no encoding at all (domain 2.3). */
function textsOf(value: Bytes): string[] {
  const node = readDer(value);
  const inside = node === undefined ? [] : textsOfNode(node);
  return inside.length > 0 ? inside : [clean(lenient(value))];
}

function textsOfNode(node: DerNode): string[] {
  const text = readString(node.tag, node.content);
  if (text !== undefined) return [clean(text)];
  if (node.tag === tags.octetString || node.tag === contextPrimitive(0)) return textsOf(node.content);
  return node.children().flatMap(textsOfNode);
}

const clean = (text: string): string => text.replaceAll('\0', '').trim();

/** Numbers among the words of a text, prefixes `SF`, `0`, `N` and `1@` taken off. */
function numbersIn(text: string, place: Place): Finding[] {
  const words = text.toUpperCase().split(/[^0-9A-Z-]+/);
  const found = words.flatMap((word) => {
    const finding = forms(word)
      .map((form) => classify(form, place))
      .find((candidate) => candidate !== undefined);
    return finding === undefined ? [] : [finding];
  });
  return found.length === 0 ? foreignId(text, place) : found;
}

function forms(word: string): string[] {
  const forms = [word];
  if (word.startsWith('SF')) forms.push(word.slice(2));
  if (word.length === 19) forms.push(word.slice(1));
  return forms;
}

function classify(word: string, { means, oid, confidence }: Place): Finding | undefined {
  const finding = (field: NumberField, checked: boolean, value = word): Finding => ({
    field,
    value,
    oid,
    confidence,
    checked,
  });
  const resident = isResidentId(word);
  const unit = isUnitCode(word);
  if (resident && unit) return finding(means === 'id-number' || means === 'unique-id' ? 'idNumber' : 'unitCode', true);
  if (resident) return finding('idNumber', true);
  if (unit) return finding('unitCode', true);
  if (means === 'id-number' && hasResidentIdShape(word)) return finding('idNumber', false);
  if (hasResidentIdShape(word) && means === 'unique-id') return finding('idNumber', false);
  if (hasUnitCodeShape(word)) return finding('unitCode', false);
  if (means !== 'organisation-code' || !hasOrganisationCodeShape(word)) return undefined;
  return finding('organisationCode', isOrganisationCode(word), word.replace('-', ''));
}

/** A passport or military number in the arc for persons: taken as it stands, since it has no check digit. */
function foreignId(text: string, { means, oid }: Place): Finding[] {
  const value = text.toUpperCase().replace(/^(SF|1@)/, '');
  const shaped = means === 'id-number' && /^[0-9A-Z()（）\u4e00-\u9fff-]{5,30}$/.test(value);
  return shaped ? [{ field: 'idNumber', value, oid, confidence: 'medium', checked: true }] : [];
}
