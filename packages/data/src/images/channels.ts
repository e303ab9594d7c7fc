/** Whether images can have that number of channels: 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA). */
export const isChannels = (channels: unknown): channels is number =>
  Number.isInteger(channels) && (channels as number) >= 1 && (channels as number) <= 4
