import { github } from './github.js';
import { hourly } from './hourly.js';
import { ivvy } from './ivvy.js';
import { ivy } from './ivy.js';
import { ivymail } from './ivymail.js';
import type { Profile } from './profile.js';
import { standard } from './standard.js';

/** Every delivery profile, in the order that the API shows them; the names, the API's enum and its manual follow from this list. */
export const profiles: readonly Profile[] = [standard, ivy, ivymail, ivvy, hourly, github];

const byName = new Map(profiles.map((profile) => [profile.name, profile]));

/** The profile of this name; a name that is stored always has one. */
export function profileNamed(name: string): Profile {
  const profile = byName.get(name);
  if (!profile) throw new RangeError(`no delivery profile is named ${name}`);
  return profile;
}
