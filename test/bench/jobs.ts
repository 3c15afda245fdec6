/** What the bench asks of its client process, and what comes back. Plain data: it travels between processes. */

export interface HubJob {
  readonly kind: 'hub';
  /** Hub processes; bidders are spread over them. */
  readonly hubs: readonly string[];
  /** What the pages call the hub: Origin of every page call. */
  readonly publicUrl: string;
  readonly caUnitId: string;
  readonly orgcode: string;
  readonly secret: string;
  /** `d` is the private scalar, hex; `certificate` base64 DER. */
  readonly keys: readonly { readonly d: string; readonly certificate: string }[];
  readonly bidders: number;
  readonly logins: number;
}

export interface PeerJob {
  readonly kind: 'peer';
  readonly issuer: string;
  readonly redirectUri: string;
  readonly bidders: number;
  readonly logins: number;
}

export interface StartCheckJob {
  readonly kind: 'startCheck';
  readonly hub: string;
  readonly caUnitId: string;
  readonly orgcode: string;
  readonly secret: string;
  readonly callers: number;
  readonly calls: number;
}

/** Every bidder of an opening at once, from startdecrypt to the delivered content; `keys` and `bids` belong together. */
export interface OpeningJob {
  readonly kind: 'opening';
  readonly hub: string;
  readonly publicUrl: string;
  readonly caUnitId: string;
  readonly orgcode: string;
  readonly secret: string;
  /** A page with a live channel looks when it is told, and seldom else. */
  readonly lookMs: number;
  readonly bids: readonly {
    /** Private scalar of the encryption key, hex; certificates base64 DER. */
    readonly d: string;
    readonly sign: string;
    readonly encrypt: string;
    readonly taskId: string;
    readonly encData: string;
  }[];
}

/** Nothing but SM2 decryptions of one content key each, in the client process. */
export interface UnwrapJob {
  readonly kind: 'unwrap';
  readonly count: number;
}

export type Job = HubJob | PeerJob | StartCheckJob | OpeningJob | UnwrapJob;

export interface JobResult {
  readonly done: number;
  readonly seconds: number;
  /** UTC ms. */
  readonly startedAt: number;
  /** CPU seconds of the client process itself. */
  readonly clientCpu: number;
  /** Milliseconds of each step, in the order of time, by name; `whole` is a login from end to end. */
  readonly steps: Readonly<Record<string, readonly number[]>>;
  readonly requests: number;
}
