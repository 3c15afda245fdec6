export interface Built {
  readonly file: string;
  readonly integrity: string;
  readonly type: string;
}

export function buildWeb(options?: {
  outDir?: string;
  minify?: boolean;
  only?: readonly string[];
}): Promise<Record<string, Built>>;
