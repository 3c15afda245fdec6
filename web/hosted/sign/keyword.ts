import type { PlacementWish } from '#hosted/sign-api.ts';
import type { KeywordHit, PlaceAt, PlacingSeal } from './viewer/types.ts';

/** One place where the words stand, and whether the person wants a seal there. */
export interface Hit extends KeywordHit {
  readonly on: boolean;
}

export const asHits = (found: readonly KeywordHit[]): readonly Hit[] => found.map((hit) => ({ ...hit, on: true }));

/** 居右: the seal begins where the words end and stands half over what follows them. */
export const besideHit = (hit: KeywordHit, seal: PlacingSeal): PlaceAt => ({
  seal,
  page: hit.page,
  x: hit.x + hit.width / 2 + seal.width / 2,
  y: hit.y,
});

/** The point that the trading system named; null: none, or words only. */
export function wishedPoint(wish: PlacementWish, seal: PlacingSeal): PlaceAt | null {
  if (wish.keyword !== undefined || wish.x === undefined || wish.y === undefined) return null;
  return { seal, page: (wish.page ?? 1) - 1, x: wish.x, y: wish.y };
}

/** On the page that was named, where one was. */
export const onWishedPage = (hits: readonly KeywordHit[], wish: PlacementWish): readonly KeywordHit[] =>
  wish.page === undefined ? hits : hits.filter((hit) => hit.page === (wish.page ?? 1) - 1);
