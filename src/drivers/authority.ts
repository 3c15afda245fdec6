import { z } from 'zod';
import { parseRange } from '#delivery/addresses.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Certificate } from '#pki/certificate.ts';
import type { Medium } from './contract.ts';
import { loopbackSocket } from './loopback.ts';

const httpUrl = z.url({ protocol: /^https?$/ }).max(500);
/** Scheme, host and port only: what the egress client compares, letter by letter. */
const origin = httpUrl.refine((text) => URL.canParse(text) && new URL(text).origin === text, 'must be an exact origin');
/** The same reading as the egress client's: a range it cannot read would silently forbid every call of this vendor. */
const cidr = z.string().refine((text) => parseRange(text) !== undefined, 'must be a CIDR range of private addresses');
const oid = z.string().regex(/^[0-2](\.\d+)+$/);

/** Which sources of identity this vendor's certificates are read from, first ones first (domain 2.3). */
const identityProfile = z.strictObject({
  organisation: z.array(oid).readonly().optional(),
  person: z.array(oid).readonly().optional(),
});

/** How this vendor's responder wants to be asked. Its addresses must be among the registered origins. */
const ocspProfile = z.strictObject({
  /** For people's certificates; without it the address in the certificate (authorityInfoAccess). */
  url: httpUrl.optional(),
  certIdHash: z.enum(['sm3', 'sha1', 'sha256']).default('sm3'),
  /** `required` where the vendor's responder signs each answer afresh; then an older answer cannot be replayed until its nextUpdate. */
  nonce: z.enum(['required', 'optional']).default('optional'),
});

export const manifestSchema = z
  .strictObject({
    /** What a person of this vendor may hold. */
    media: z
      .array(z.enum(['key', 'mobile', 'page']))
      .min(1)
      .readonly(),
    /** Driver by medium, where a medium is not served by the authority's main driver. */
    drivers: z
      .strictObject({ key: z.string().optional(), mobile: z.string().optional(), page: z.string().optional() })
      .default({}),
    /** The vendor's own program on people's computers, where its keys are not reached through the hub's agent; its dialect comes with the driver of `key`. */
    agent: z.strictObject({ endpoints: z.array(loopbackSocket).min(1).max(20).readonly() }).optional(),
    /** Shown where a key fails: 24-hour number and pages. */
    support: z.strictObject({
      hotline: z.string().min(3).max(40),
      install: httpUrl,
      renew: httpUrl,
      unlock: httpUrl,
    }),
    /** `none` only for vendors without any status service; the operator decides that, never the vendor. */
    revocation: z.enum(['crl', 'ocsp', 'ocsp-then-crl', 'none']).default('crl'),
    ocsp: ocspProfile.default({ certIdHash: 'sm3', nonce: 'optional' }),
    /** How long after nextUpdate a CRL or OCSP answer still counts, milliseconds (domain 2.5). */
    graceMs: z
      .int()
      .min(0)
      .max(7 * 24 * 3600_000)
      .default(12 * 3600_000),
    identity: identityProfile.optional(),
    /** RSA and other certificates besides SM2. */
    allowNonGm: z.boolean().default(false),
    /**
     * Who makes envelopes to this vendor's certificates: the hub, or the vendor's own encrypt service (its driver must offer it). With `vendor` the
     * vendor's server sees the content: the operator's decision.
     */
    encryption: z.enum(['hub', 'vendor']).default('hub'),
    /** Non-secret part of the driver's configuration; secrets stand apart, sealed. */
    driverConfig: z.record(z.string(), z.json()).default({}),
    /** The only hosts that the vendor's driver and the CRL fetcher may reach. */
    egress: z
      .strictObject({ origins: z.array(origin).readonly(), privateRanges: z.array(cidr).readonly() })
      .default({ origins: [], privateRanges: [] }),
  })
  .readonly();

export type AuthorityManifest = z.output<typeof manifestSchema>;
export type AuthorityManifestInput = z.input<typeof manifestSchema>;

/** A CA vendor as a party. */
export interface Authority {
  /** Lower-case word, e.g. `beichen`; part of the callback path. */
  readonly id: string;
  readonly name: string;
  /** Main driver (folder name under src/drivers). */
  readonly driver: string;
  readonly status: 'active' | 'suspended';
  readonly manifest: AuthorityManifest;
  /** Grows with every change of the row; a running driver is reopened when it does. */
  readonly updatedAt: number;
}

export interface AuthorityCertificate {
  readonly role: 'root' | 'intermediate';
  readonly certificate: Certificate;
  /** SM3 of the SubjectPublicKeyInfo, hex. */
  readonly spki: string;
}

export interface NewAuthority {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly manifest: AuthorityManifestInput;
  /** Handed to the driver in its `open` message, merged over driverConfig; sealed at rest. */
  readonly secrets?: JsonObject;
}

export const AUTHORITY_ID = /^[a-z][a-z0-9-]{0,31}$/;

/** The medium of the vendor's own service: the phone where it has one, else its page; undefined: it has keys alone. */
const remoteMedium = ({ manifest: { media } }: Authority): 'mobile' | 'page' | undefined =>
  media.includes('mobile') ? 'mobile' : media.includes('page') ? 'page' : undefined;

/** The driver that serves a medium of this authority. Without a medium: its own service's, since a key is worked by the page. */
export const driverFor = (authority: Authority, medium: Medium = remoteMedium(authority) ?? 'key'): string =>
  authority.manifest.drivers[medium] ?? authority.driver;
