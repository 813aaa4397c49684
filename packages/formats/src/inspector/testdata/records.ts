/** Records in the form in which NCCL Inspector writes them, made up. */

export const header = { id: "0x1c2f", comm_name: "dp 3", rank: 2, n_ranks: 8, nnodes: 1 };
export const metadata = {
  inspector_output_format_version: "v4.0",
  git_rev: "",
  rec_mechanism: "nccl_profiler_interface",
  dump_timestamp_us: 1_760_000_000_500_000,
  hostname: "gpu-07",
  pid: 4242,
};
export const coll = {
  coll: "AllReduce",
  coll_sn: 17,
  coll_msg_size_bytes: 1048576,
  coll_exec_time_us: 250,
  coll_timing_source: "kernel_gpu",
  coll_algobw_gbs: 4.194304,
  coll_busbw_gbs: 7.340032,
};
export const kernel = (unit: string, channel: number, start: number) => ({
  channel_id: channel,
  [`kernel_start_${unit}`]: start,
  [`kernel_stop_${unit}`]: start + 240,
  [`kernel_record_${unit}`]: start + 241,
});
export const verbose = {
  ...coll,
  event_trace_sn: { coll_start_sn: 1, coll_stop_sn: 2, kernel_events: [kernel("sn", 0, 3), kernel("sn", 1, 4)] },
  event_trace_ts: {
    coll_start_ts: 1_760_000_000_000_000,
    coll_stop_ts: 1_760_000_000_000_010,
    kernel_events: [kernel("ts", 0, 1_760_000_000_000_120), kernel("ts", 1, 1_760_000_000_000_115)],
  },
};
export const p2p = {
  p2p: "Send",
  p2p_sn: 3,
  p2p_peer: 5,
  p2p_msg_size_bytes: 65536,
  p2p_exec_time_us: 44,
  p2p_timing_source: "kernel_gpu",
  p2p_algobw_gbs: 1.5,
  p2p_busbw_gbs: 1.5,
};
