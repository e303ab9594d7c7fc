export {
  damageBytes,
  damageFilled,
  damageNumbers,
  type Field,
  filledPlaces,
  type Next,
  oneOf,
  xorshift,
} from './damage.ts'
export { greatestDifference } from './greatest-difference.ts'
export { temporaryFolder } from './temporary-folder.ts'
