import type { Ids } from '../../kernel/ids.ts'

const adjectives =
  'able agile amber awake bold brave breezy bright brisk calm candid clever cool crisp daring deft eager fair fancy fast fine fond free fresh gentle glad golden grand handy happy hardy honest humble jolly keen kind lively loyal lucky lunar mellow merry mild modest neat nimble noble open patient placid plucky polite proud quick quiet rapid rare ready regal royal rustic sage serene sharp shiny silent silver sleek smart smooth snowy solar solid spry stable steady sunny swift tidy tranquil trusty upbeat valiant vivid warm wise witty zesty'.split(
    ' ',
  )
const nouns =
  'ant ape auk bass bat bear bee bird boar calf carp cat chimp cod colt cow crab crane crow cub deer doe dog dove duck eagle eel elk ewe fawn finch fish flea fly foal fowl fox frog gnat goat goose grouse grub gull hare hawk hen heron horse hound ibis jay kit kite koi lamb lark lion loon lynx mare mink mole moose moth mouse mule newt owl ox panda perch pig pony pug quail ram rat ray robin seal shad shark sheep shrew shrike skink skunk slug smelt snail snake snipe sow sponge squid stag steed stork swan tern toad trout vole wasp whale wolf worm wren yak zebra'.split(
    ' ',
  )

/** A name people can say, such as `brave-heron-417`. */
export function randomRunName(ids: Ids): string {
  const bytes = ids.bytes(4)
  return `${adjectives[(bytes[0] ?? 0) % adjectives.length]}-${nouns[(bytes[1] ?? 0) % nouns.length]}-${bytes.readUInt16BE(2) % 1000}`
}
