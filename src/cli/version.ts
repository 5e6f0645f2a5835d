// The version that `--version`, the API's description and reports name.
export const version = '0.1.0'
