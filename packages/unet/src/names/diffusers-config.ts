/** Settings of `UNet2DModel` of diffusers, by their names there. */
export interface DiffusersConfig {
  sample_size: number | readonly [number, number] | null
  in_channels: number
  out_channels: number
  center_input_sample: boolean
  time_embedding_type: string
  time_embedding_dim: number | null
  freq_shift: number
  flip_sin_to_cos: boolean
  down_block_types: readonly string[]
  mid_block_type: string | null
  up_block_types: readonly string[]
  block_out_channels: readonly number[]
  layers_per_block: number
  mid_block_scale_factor: number
  downsample_padding: number
  downsample_type: string
  upsample_type: string
  dropout: number
  act_fn: string
  attention_head_dim: number | null
  norm_num_groups: number
  attn_norm_num_groups: number | null
  norm_eps: number
  resnet_time_scale_shift: string
  add_attention: boolean
  class_embed_type: string | null
  num_class_embeds: number | null
  num_train_timesteps: number | null
}

/** The defaults of `UNet2DModel`. */
export const diffusersDefaults: DiffusersConfig = {
  sample_size: null,
  in_channels: 3,
  out_channels: 3,
  center_input_sample: false,
  time_embedding_type: 'positional',
  time_embedding_dim: null,
  freq_shift: 0,
  flip_sin_to_cos: true,
  down_block_types: ['DownBlock2D', 'AttnDownBlock2D', 'AttnDownBlock2D', 'AttnDownBlock2D'],
  mid_block_type: 'UNetMidBlock2D',
  up_block_types: ['AttnUpBlock2D', 'AttnUpBlock2D', 'AttnUpBlock2D', 'UpBlock2D'],
  block_out_channels: [224, 448, 672, 896],
  layers_per_block: 2,
  mid_block_scale_factor: 1,
  downsample_padding: 1,
  downsample_type: 'conv',
  upsample_type: 'conv',
  dropout: 0,
  act_fn: 'silu',
  attention_head_dim: 8,
  norm_num_groups: 32,
  attn_norm_num_groups: null,
  norm_eps: 1e-5,
  resnet_time_scale_shift: 'default',
  add_attention: true,
  class_embed_type: null,
  num_class_embeds: null,
  num_train_timesteps: null,
}

/** Settings that must have these values for our network. */
export const plainSettings = {
  center_input_sample: [false],
  time_embedding_type: ['positional'],
  freq_shift: [0, 1],
  mid_block_type: ['UNetMidBlock2D'],
  downsample_padding: [0, 1],
  downsample_type: ['conv', 'resnet'],
  upsample_type: ['conv', 'resnet'],
  act_fn: ['silu', 'swish'],
  resnet_time_scale_shift: ['default', 'scale_shift'],
  add_attention: [true, false],
  class_embed_type: [null],
} satisfies Partial<Record<keyof DiffusersConfig, readonly unknown[]>>

/**
 * Settings that `EMAModel.save_pretrained` writes beside those of the network. They belong to the moving average.
 * (diffusers 0.42; folders `unet_ema` of its training scripts.)
 */
export const averageSettings: readonly string[] = [
  'decay',
  'inv_gamma',
  'min_decay',
  'optimization_step',
  'power',
  'update_after_step',
  'use_ema_warmup',
]
