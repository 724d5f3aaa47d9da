import { hourly } from './hourly.js';
import { ivvy } from './ivvy.js';
import { ivy } from './ivy.js';
import { ivymail } from './ivymail.js';
import type { Profile, ProfileName } from './profile.js';
import { standard } from './standard.js';

/** Every delivery profile by its name. */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  STANDARD: standard,
  IVY: ivy,
  IVYMAIL: ivymail,
  IVVY: ivvy,
  HOURLY: hourly,
};

/** The profile of this name; a name that is stored always has one. */
export function profileNamed(name: string): Profile {
  const profile = profiles[name as ProfileName];
  if (!profile) throw new RangeError(`no delivery profile is named ${name}`);
  return profile;
}
