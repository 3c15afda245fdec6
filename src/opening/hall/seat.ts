import type { OpeningRole } from '../opening.ts';

export type HallRole = 'host' | 'supervisor' | 'custodian' | 'bidder';

/** Who sits in the hall, as stored (sealed) with the seat. */
export interface SeatRecord {
  readonly roles: readonly HallRole[];
  /** opening_person ids of his offices, by role. */
  readonly offices: readonly { readonly id: string; readonly role: OpeningRole; readonly seat: number }[];
  /** 开标主持人 · name of the office's holder · company */
  readonly title: string;
  readonly name: string;
  readonly tail: string;
  readonly authorityId: string;
  readonly authorityName: string;
  /** Base64 DER of the certificate that signed. */
  readonly certificate: string;
  readonly custodian: number | null;
  readonly deputy: boolean;
  /** Whose bids he may see as his own; null for officers who are no bidders. */
  readonly bidder: { readonly subscriberId: string; readonly unitCode: string; readonly name: string } | null;
}

export interface Seat extends SeatRecord {
  /** The interaction's id. */
  readonly id: string;
  readonly openingId: string;
  /** Keyed: two decisions under one of these are one person's. */
  readonly personIndex: string;
  readonly endsAt: number;
}

const ORDER: readonly HallRole[] = ['host', 'supervisor', 'custodian', 'bidder'];

export const roleOfOffice = (role: OpeningRole): HallRole | undefined => {
  switch (role) {
    case 'host':
    case 'supervisor':
    case 'custodian':
      return role;
    case 'deputy':
      return 'custodian';
    case 'recovery':
      return 'custodian';
  }
};

/** The role whose view is shown first. */
export const mainRole = (roles: readonly HallRole[]): HallRole =>
  ORDER.find((role) => roles.includes(role)) ?? 'bidder';

export const inOrder = (roles: Iterable<HallRole>): HallRole[] => {
  const held = new Set(roles);
  return ORDER.filter((role) => held.has(role));
};

export const has = (seat: Pick<SeatRecord, 'roles'> | undefined, ...wanted: readonly HallRole[]): boolean =>
  seat !== undefined && wanted.some((role) => seat.roles.includes(role));

/** 恢复托管人 alone is no custodian of the opening's key. */
export const titleOf = (role: HallRole, offices: SeatRecord['offices']): string =>
  role === 'custodian' && offices.every((office) => office.role === 'recovery') ? '恢复托管人' : titleOfRole(role);

const titleOfRole = (role: HallRole): string => {
  switch (role) {
    case 'host':
      return '开标主持人';
    case 'supervisor':
      return '监督人员';
    case 'custodian':
      return '托管人';
    case 'bidder':
      return '投标人';
  }
};
