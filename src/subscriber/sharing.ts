import { type UnitProfile, unitProfile } from '#relying-party/profile.ts';

/**
 * Does this unit take part in the common library (readings L28)? A unit with `subjects: own` neither uses what others enrolled nor lends
 * what it enrolled itself. Takes the profile or its stored JSON.
 */
export function isShared(profile: UnitProfile | string): boolean {
  const read = typeof profile === 'string' ? unitProfile.parse(JSON.parse(profile)) : profile;
  return read.subjects === 'shared';
}
