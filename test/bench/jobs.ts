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

export type Job = HubJob | PeerJob | StartCheckJob;

export interface JobResult {
  readonly done: number;
  readonly seconds: number;
  /** CPU seconds of the client process itself. */
  readonly clientCpu: number;
  /** Milliseconds of each step, in the order of time, by name; `whole` is a login from end to end. */
  readonly steps: Readonly<Record<string, readonly number[]>>;
  readonly requests: number;
}
