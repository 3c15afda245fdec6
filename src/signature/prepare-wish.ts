/** What the person has put where, before anything of it is believed. Millimetres as the page is seen. */
export interface PrepareWish {
  /** Which version of the document he saw; left out: the present one. */
  readonly version?: number | undefined;
  /** null: an invisible signature, no placements then. */
  readonly seal: string | null;
  readonly placements: readonly {
    /** 0-based. */
    readonly page: number;
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }[];
  readonly straddle: StraddleWish | null;
  readonly reason?: string | undefined;
}

/** 骑缝章. */
export interface StraddleWish {
  /** 0-based, ascending; at least two. */
  readonly pages: readonly number[];
  /** Centre, from the upper edge. */
  readonly centre: number;
  readonly width: number;
  readonly height: number;
  /** Most pages under one whole seal, at least 3; left out: one seal over all. */
  readonly each?: number | undefined;
}
