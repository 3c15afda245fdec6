/** Where CAs put identities (domain 2.3). `means` is what the arc says; one vendor's organisation code is another's business registration. */
export type IdentityMeaning =
  | 'id-number'
  | 'organisation-code'
  | 'unit-code'
  | 'business-registration'
  | 'tax'
  | 'unique-id'
  | 'other';

export interface IdentityArc {
  readonly oid: string;
  readonly means: IdentityMeaning;
}

const arc = (oid: string, means: IdentityMeaning): IdentityArc => ({ oid, means });

/** In the order in which the default profile believes them: national arcs, e-government arcs, then vendors' own. */
export const identityArcs: readonly IdentityArc[] = [
  // GB/T 20518, GM/T 0015-2012
  arc('1.2.156.10260.4.1.1', 'id-number'),
  arc('1.2.156.10260.4.1.4', 'organisation-code'),
  arc('1.2.156.10260.4.1.3', 'business-registration'),
  arc('1.2.156.10260.4.1.5', 'tax'),
  arc('1.2.156.10260.4.1.2', 'other'),
  // GM/T 0015-2023: one implementation's description says .4.4, its code .4.4.4
  arc('1.2.156.10260.4.1.1.1', 'id-number'),
  arc('1.2.156.10260.4.1.1.2', 'other'),
  arc('1.2.156.10260.4.4', 'unit-code'),
  arc('1.2.156.10260.4.4.4', 'unit-code'),
  // e-government format of 2010; vendors differ on 3 and 4
  arc('1.2.156.11.7.1', 'id-number'),
  arc('1.2.156.11.7.2', 'other'),
  arc('1.2.156.11.7.3', 'organisation-code'),
  arc('1.2.156.11.7.4', 'organisation-code'),
  arc('1.2.156.11.7.5', 'tax'),
  arc('1.2.86.11.7.1', 'id-number'),
  arc('1.2.86.11.7.2', 'other'),
  arc('1.2.86.11.7.3', 'organisation-code'),
  arc('1.2.86.11.7.4', 'organisation-code'),
  arc('1.2.86.11.7.5', 'tax'),
  // vendors
  arc('1.2.86.11.7.7550243.1', 'unit-code'),
  arc('1.2.86.21.1.3', 'other'),
  arc('1.2.86.21.1.1', 'unique-id'),
  arc('2.16.156.112548', 'unique-id'),
  arc('1.3.6.1.4.1.18760.1.12.11', 'unique-id'),
  arc('1.2.156.112570.11.205', 'unique-id'),
  arc('1.2.156.112570.11.210', 'organisation-code'),
  arc('1.2.156.112570.11.201', 'other'),
  arc('1.2.156.1.8888.148', 'other'),
  arc('1.2.156.112562.2.1.1.1', 'unique-id'),
  arc('1.2.156.112578.1', 'unique-id'),
  arc('1.2.156.112573.14', 'unique-id'),
  arc('1.2.156.112576', 'unique-id'),
];

export const identityExtensionOids: readonly string[] = identityArcs.map((entry) => entry.oid);
