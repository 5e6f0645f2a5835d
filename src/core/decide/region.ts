// Names of places as sellers write them in; the part of the world they lie in, and whether that is where data may go, out.

/** Parts of the world that `--region` knows. */
export const regions = ['eu', 'us', 'jp', 'au'] as const
export type Region = (typeof regions)[number]

/** Beginnings of region codes and names. Great Britain, Switzerland and Norway are not of the EU, and have no line. */
const places: readonly { readonly region: Region; readonly begins: RegExp }[] = [
  {
    region: 'eu',
    begins:
      /^(eu\b|eu-(?!west-?2\b)|europe-(?!west[26]\b)|westeurope|northeurope|germany|france|sweden|poland|italy|spain|fin(land)?\b|fin-|nl\b|de\b|fr\b|netherlands)/i,
  },
  { region: 'us', begins: /^(us\b|us-|usa|eastus|westus|centralus|northcentralus|southcentralus|northamerica-us)/i },
  { region: 'jp', begins: /^(jp\b|japan|ap-northeast-[13]|asia-northeast[12])/i },
  { region: 'au', begins: /^(au\b|australia|ap-southeast-[24])/i },
]

/** The part of the world of a seller's region; null where it is not told or spans several (`global`, `regional`). */
export function regionOf(text: string | null): Region | null {
  return places.find(place => place.begins.test(text ?? ''))?.region ?? null
}

/** Why data that must stay in `asked` cannot go to a seller's region; null when it can, or nothing was asked. */
export function regionRefusal(asked: string | null, seller: string | null): string | null {
  if (asked === null) return null
  if (seller === null) return `where it is served is not stated, ${asked} was asked for`
  return regionOf(seller) === asked ? null : `served in ${seller}, ${asked} was asked for`
}
