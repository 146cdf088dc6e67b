/* Sizes and offsets of the ABI on 64-bit Linux. A line here never changes within a major version: a
   member that is appended adds a line, and raises the SIZE of a struct that has `struct_size`. */
#include "ns/abi/app.h"
#include "ns/abi/backend.h"
#include "ns/abi/base.h"
#include "ns/abi/build.h"
#include "ns/abi/call.h"
#include "ns/abi/engine.h"
#include "ns/abi/entry.h"
#include "ns/abi/host.h"
#include "ns/abi/host_api.h"
#include "ns/abi/host_log.h"
#include "ns/abi/host_spawn.h"
#include "ns/abi/host_state.h"
#include "ns/abi/service.h"
#include "ns/abi/site.h"
#include "ns/abi/status.h"
#include "ns/abi/storage.h"

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type)
#define AT(type, member, bytes) _Static_assert(offsetof(type, member) == (bytes), #type "." #member)

SIZE(ns_fence, 16);
AT(ns_fence, epoch, 0);
AT(ns_fence, generation, 8);

SIZE(ns_env, 40);
AT(ns_env, struct_size, 0);
AT(ns_env, secret, 4);
AT(ns_env, key, 8);
AT(ns_env, value, 24);

SIZE(ns_probe, 56);
AT(ns_probe, struct_size, 0);
AT(ns_probe, kind, 4);
AT(ns_probe, port, 8);
AT(ns_probe, reserved, 12);
AT(ns_probe, path, 16);
AT(ns_probe, period_ns, 32);
AT(ns_probe, timeout_ns, 40);
AT(ns_probe, stays_up_ns, 48);

SIZE(ns_process, 168);
AT(ns_process, struct_size, 0);
AT(ns_process, replicas, 4);
AT(ns_process, name, 8);
AT(ns_process, image, 24);
AT(ns_process, pull_username, 40);
AT(ns_process, pull_password, 56);
AT(ns_process, entrypoint, 72);
AT(ns_process, entrypoint_count, 80);
AT(ns_process, command, 88);
AT(ns_process, command_count, 96);
AT(ns_process, env, 104);
AT(ns_process, env_count, 112);
AT(ns_process, memory_bytes, 120);
AT(ns_process, cpu_millis, 128);
AT(ns_process, pids, 136);
AT(ns_process, probe, 144);
AT(ns_process, stop_grace_ns, 152);
AT(ns_process, drain_limit_ns, 160);

SIZE(ns_route, 88);
AT(ns_route, struct_size, 0);
AT(ns_route, port, 4);
AT(ns_route, id, 8);
AT(ns_route, host, 24);
AT(ns_route, path, 40);
AT(ns_route, strip_path, 56);
AT(ns_route, tls, 60);
AT(ns_route, h2c, 64);
AT(ns_route, auth, 68);
AT(ns_route, process, 72);

SIZE(ns_port, 16);
AT(ns_port, struct_size, 0);
AT(ns_port, protocol, 4);
AT(ns_port, internet_port, 8);
AT(ns_port, application_port, 12);

SIZE(ns_app, 224);
AT(ns_app, struct_size, 0);
AT(ns_app, kind, 4);
AT(ns_app, id, 8);
AT(ns_app, name, 24);
AT(ns_app, fence, 40);
AT(ns_app, state, 56);
AT(ns_app, strategy, 60);
AT(ns_app, run_key, 64);
AT(ns_app, route_key, 80);
AT(ns_app, processes, 96);
AT(ns_app, process_count, 104);
AT(ns_app, routes, 112);
AT(ns_app, route_count, 120);
AT(ns_app, ports, 128);
AT(ns_app, port_count, 136);
AT(ns_app, page_upstream, 144);
AT(ns_app, page_reason, 160);
AT(ns_app, settings, 176);
AT(ns_app, site_upstream, 192);
AT(ns_app, site_release, 208);

SIZE(ns_log_line, 32);
AT(ns_log_line, struct_size, 0);
AT(ns_log_line, is_stderr, 4);
AT(ns_log_line, at_us, 8);
AT(ns_log_line, text, 16);

SIZE(ns_log_sink, 16);
AT(ns_log_sink, ctx, 0);
AT(ns_log_sink, put, 8);

SIZE(ns_log_query, 40);
AT(ns_log_query, struct_size, 0);
AT(ns_log_query, limit, 4);
AT(ns_log_query, app, 8);
AT(ns_log_query, before_us, 24);
AT(ns_log_query, since_us, 32);

SIZE(ns_change_sink, 16);
AT(ns_change_sink, ctx, 0);
AT(ns_change_sink, changed, 8);

SIZE(ns_backend, 64);
AT(ns_backend, struct_size, 0);
AT(ns_backend, reserved, 4);
AT(ns_backend, apply, 8);
AT(ns_backend, remove, 16);
AT(ns_backend, observe, 24);
AT(ns_backend, watch, 32);
AT(ns_backend, logs, 40);
AT(ns_backend, survey, 48);
AT(ns_backend, usage, 56);

SIZE(ns_survey_sink, 16);
AT(ns_survey_sink, ctx, 0);
AT(ns_survey_sink, put, 8);

SIZE(ns_usage, 72);
AT(ns_usage, struct_size, 0);
AT(ns_usage, reserved, 4);
AT(ns_usage, app, 8);
AT(ns_usage, replica, 24);
AT(ns_usage, cpu_ns, 40);
AT(ns_usage, memory_bytes, 48);
AT(ns_usage, received_bytes, 56);
AT(ns_usage, sent_bytes, 64);

SIZE(ns_usage_sink, 16);
AT(ns_usage_sink, ctx, 0);
AT(ns_usage_sink, put, 8);

SIZE(ns_str, 16);
AT(ns_str, data, 0);
AT(ns_str, size, 8);

SIZE(ns_bytes, 16);
AT(ns_bytes, data, 0);
AT(ns_bytes, size, 8);

SIZE(ns_build_request, 136);
AT(ns_build_request, struct_size, 0);
AT(ns_build_request, reserved, 4);
AT(ns_build_request, app, 8);
AT(ns_build_request, build, 24);
AT(ns_build_request, source, 40);
AT(ns_build_request, settings, 56);
AT(ns_build_request, artifact_path, 72);
AT(ns_build_request, entrypoint, 88);
AT(ns_build_request, entrypoint_count, 96);
AT(ns_build_request, command, 104);
AT(ns_build_request, command_count, 112);
AT(ns_build_request, env, 120);
AT(ns_build_request, env_count, 128);

SIZE(ns_build_arg, 40);
AT(ns_build_arg, struct_size, 0);
AT(ns_build_arg, reserved, 4);
AT(ns_build_arg, key, 8);
AT(ns_build_arg, value, 24);

SIZE(ns_build_plan, 168);
AT(ns_build_plan, struct_size, 0);
AT(ns_build_plan, ignore_dockerignore, 4);
AT(ns_build_plan, dockerfile_text, 8);
AT(ns_build_plan, dockerfile_path, 24);
AT(ns_build_plan, context, 40);
AT(ns_build_plan, target, 56);
AT(ns_build_plan, args, 72);
AT(ns_build_plan, arg_count, 80);
AT(ns_build_plan, secrets, 88);
AT(ns_build_plan, secret_count, 96);
AT(ns_build_plan, export_path, 104);
AT(ns_build_plan, builder, 120);
AT(ns_build_plan, run_image, 136);
AT(ns_build_plan, platform_api, 152);

SIZE(ns_plan_sink, 16);
AT(ns_plan_sink, ctx, 0);
AT(ns_plan_sink, put, 8);

SIZE(ns_build, 24);
AT(ns_build, struct_size, 0);
AT(ns_build, reserved, 4);
AT(ns_build, plan, 8);
AT(ns_build, detect, 16);

SIZE(ns_source_file, 32);
AT(ns_source_file, struct_size, 0);
AT(ns_source_file, reserved, 4);
AT(ns_source_file, path, 8);
AT(ns_source_file, size, 24);

SIZE(ns_source_listing, 40);
AT(ns_source_listing, struct_size, 0);
AT(ns_source_listing, truncated, 4);
AT(ns_source_listing, files, 8);
AT(ns_source_listing, file_count, 16);
AT(ns_source_listing, ctx, 24);
AT(ns_source_listing, head, 32);

SIZE(ns_suggestion, 80);
AT(ns_suggestion, struct_size, 0);
AT(ns_suggestion, fit, 4);
AT(ns_suggestion, settings, 8);
AT(ns_suggestion, artifact_path, 24);
AT(ns_suggestion, command, 40);
AT(ns_suggestion, why, 56);
AT(ns_suggestion, port, 72);
AT(ns_suggestion, reserved, 76);

SIZE(ns_suggestion_sink, 16);
AT(ns_suggestion_sink, ctx, 0);
AT(ns_suggestion_sink, put, 8);

SIZE(ns_problem, 72);
AT(ns_problem, struct_size, 0);
AT(ns_problem, code, 4);
AT(ns_problem, reason, 8);
AT(ns_problem, message, 24);
AT(ns_problem, fault, 40);
AT(ns_problem, reserved, 44);
AT(ns_problem, retry_after_ns, 48);
AT(ns_problem, details, 56);

SIZE(ns_call, 56);
AT(ns_call, struct_size, 0);
AT(ns_call, cancel_fd, 4);
AT(ns_call, deadline_ns, 8);
AT(ns_call, traceparent, 16);
AT(ns_call, host_data, 32);
AT(ns_call, cancelled, 40);
AT(ns_call, fail, 48);

SIZE(ns_sink, 16);
AT(ns_sink, ctx, 0);
AT(ns_sink, write, 8);

SIZE(ns_source, 16);
AT(ns_source, ctx, 0);
AT(ns_source, read, 8);

SIZE(ns_engine_job, 128);
AT(ns_engine_job, struct_size, 0);
AT(ns_engine_job, attempt, 4);
AT(ns_engine_job, app, 8);
AT(ns_engine_job, build, 24);
AT(ns_engine_job, source, 40);
AT(ns_engine_job, reference, 56);
AT(ns_engine_job, push_username, 72);
AT(ns_engine_job, push_password, 88);
AT(ns_engine_job, plan, 104);
AT(ns_engine_job, artifact, 112);

SIZE(ns_engine_result, 40);
AT(ns_engine_result, struct_size, 0);
AT(ns_engine_result, reserved, 4);
AT(ns_engine_result, digest, 8);
AT(ns_engine_result, size, 24);
AT(ns_engine_result, kind, 32);
AT(ns_engine_result, reserved_2, 36);

SIZE(ns_result_sink, 16);
AT(ns_result_sink, ctx, 0);
AT(ns_result_sink, put, 8);

SIZE(ns_engine, 32);
AT(ns_engine, struct_size, 0);
AT(ns_engine, reserved, 4);
AT(ns_engine, abilities, 8);
AT(ns_engine, run, 16);
AT(ns_engine, abort, 24);

SIZE(ns_handshake, 20);
AT(ns_handshake, struct_size, 0);
AT(ns_handshake, host_minor, 4);
AT(ns_handshake, host_oldest_minor, 8);
AT(ns_handshake, plugin_minor, 12);
AT(ns_handshake, plugin_needs_minor, 16);

SIZE(ns_module, 64);
AT(ns_module, struct_size, 0);
AT(ns_module, reserved, 4);
AT(ns_module, manifest, 8);
AT(ns_module, create, 24);
AT(ns_module, activate, 32);
AT(ns_module, deactivate, 40);
AT(ns_module, destroy, 48);
AT(ns_module, query, 56);

SIZE(ns_host, 88);
AT(ns_host, struct_size, 0);
AT(ns_host, abi_minor, 4);
AT(ns_host, host_data, 8);
AT(ns_host, name, 16);
AT(ns_host, version, 32);
AT(ns_host, installation, 48);
AT(ns_host, data_dir, 64);
AT(ns_host, service, 80);

SIZE(ns_header, 32);
AT(ns_header, name, 0);
AT(ns_header, value, 16);

SIZE(ns_peer, 56);
AT(ns_peer, struct_size, 0);
AT(ns_peer, has_credentials, 4);
AT(ns_peer, uid, 8);
AT(ns_peer, gid, 12);
AT(ns_peer, pid, 16);
AT(ns_peer, address, 24);
AT(ns_peer, headers, 40);
AT(ns_peer, header_count, 48);

SIZE(ns_api_sink, 48);
AT(ns_api_sink, struct_size, 0);
AT(ns_api_sink, reserved, 4);
AT(ns_api_sink, ctx, 8);
AT(ns_api_sink, on_message, 16);
AT(ns_api_sink, on_end, 24);
AT(ns_api_sink, on_metadata, 32);
AT(ns_api_sink, on_want, 40);

SIZE(ns_raw_entry, 40);
AT(ns_raw_entry, struct_size, 0);
AT(ns_raw_entry, methods, 4);
AT(ns_raw_entry, path, 8);
AT(ns_raw_entry, max_body, 24);
AT(ns_raw_entry, audience, 32);
AT(ns_raw_entry, reserved, 36);

SIZE(ns_raw_sink, 16);
AT(ns_raw_sink, ctx, 0);
AT(ns_raw_sink, put, 8);

SIZE(ns_host_api, 72);
AT(ns_host_api, struct_size, 0);
AT(ns_host_api, reserved, 4);
AT(ns_host_api, descriptors, 8);
AT(ns_host_api, invoke, 16);
AT(ns_host_api, grant, 24);
AT(ns_host_api, cancel, 32);
AT(ns_host_api, raw_entries, 40);
AT(ns_host_api, raw, 48);
AT(ns_host_api, raw_begin, 56);
AT(ns_host_api, send, 64);

SIZE(ns_log_field, 32);
AT(ns_log_field, key, 0);
AT(ns_log_field, value, 16);

SIZE(ns_host_log, 24);
AT(ns_host_log, struct_size, 0);
AT(ns_host_log, reserved, 4);
AT(ns_host_log, enabled, 8);
AT(ns_host_log, write, 16);

SIZE(ns_helper, 120);
AT(ns_helper, struct_size, 0);
AT(ns_helper, reserved, 4);
AT(ns_helper, name, 8);
AT(ns_helper, argv, 24);
AT(ns_helper, argv_count, 32);
AT(ns_helper, env, 40);
AT(ns_helper, env_count, 48);
AT(ns_helper, health_address, 56);
AT(ns_helper, config_hash, 72);
AT(ns_helper, stop_grace_ns, 88);
AT(ns_helper, stop_signal, 96);
AT(ns_helper, reserved2, 100);
AT(ns_helper, listen, 104);
AT(ns_helper, listen_count, 112);

SIZE(ns_helper_state, 24);
AT(ns_helper_state, struct_size, 0);
AT(ns_helper_state, state, 4);
AT(ns_helper_state, pid, 8);
AT(ns_helper_state, adopted, 16);
AT(ns_helper_state, restarts, 20);

SIZE(ns_host_spawn, 32);
AT(ns_host_spawn, struct_size, 0);
AT(ns_host_spawn, reserved, 4);
AT(ns_host_spawn, ensure, 8);
AT(ns_host_spawn, state, 16);
AT(ns_host_spawn, stop, 24);

SIZE(ns_host_state, 32);
AT(ns_host_state, struct_size, 0);
AT(ns_host_state, reserved, 4);
AT(ns_host_state, put, 8);
AT(ns_host_state, get, 16);
AT(ns_host_state, list, 24);

SIZE(ns_listener, 24);
AT(ns_listener, struct_size, 0);
AT(ns_listener, fd, 4);
AT(ns_listener, address, 8);

SIZE(ns_service, 32);
AT(ns_service, struct_size, 0);
AT(ns_service, reserved, 4);
AT(ns_service, start, 8);
AT(ns_service, drain, 16);
AT(ns_service, health, 24);

SIZE(ns_phase, 32);
AT(ns_phase, struct_size, 0);
AT(ns_phase, reserved, 4);
AT(ns_phase, name, 8);
AT(ns_phase, at_us, 24);

SIZE(ns_app_status, 152);
AT(ns_app_status, struct_size, 0);
AT(ns_app_status, exists, 4);
AT(ns_app_status, fence, 8);
AT(ns_app_status, serving_run_key, 24);
AT(ns_app_status, route_key, 40);
AT(ns_app_status, container, 56);
AT(ns_app_status, state, 60);
AT(ns_app_status, converged, 64);
AT(ns_app_status, ready, 68);
AT(ns_app_status, wanted, 72);
AT(ns_app_status, restarts, 76);
AT(ns_app_status, exit_code, 80);
AT(ns_app_status, reserved, 84);
AT(ns_app_status, image_digest, 88);
AT(ns_app_status, reason, 104);
AT(ns_app_status, message, 120);
AT(ns_app_status, phases, 136);
AT(ns_app_status, phase_count, 144);

SIZE(ns_status_sink, 16);
AT(ns_status_sink, ctx, 0);
AT(ns_status_sink, put, 8);

SIZE(ns_object, 48);
AT(ns_object, struct_size, 0);
AT(ns_object, reserved, 4);
AT(ns_object, key, 8);
AT(ns_object, size, 24);
AT(ns_object, sha256, 32);

SIZE(ns_object_range, 40);
AT(ns_object_range, struct_size, 0);
AT(ns_object_range, reserved, 4);
AT(ns_object_range, key, 8);
AT(ns_object_range, offset, 24);
AT(ns_object_range, length, 32);

SIZE(ns_object_info, 32);
AT(ns_object_info, struct_size, 0);
AT(ns_object_info, reserved, 4);
AT(ns_object_info, key, 8);
AT(ns_object_info, size, 24);

SIZE(ns_object_sink, 16);
AT(ns_object_sink, ctx, 0);
AT(ns_object_sink, put, 8);

SIZE(ns_object_query, 40);
AT(ns_object_query, struct_size, 0);
AT(ns_object_query, limit, 4);
AT(ns_object_query, prefix, 8);
AT(ns_object_query, after, 24);

SIZE(ns_storage, 56);
AT(ns_storage, struct_size, 0);
AT(ns_storage, reserved, 4);
AT(ns_storage, put, 8);
AT(ns_storage, get, 16);
AT(ns_storage, stat, 24);
AT(ns_storage, remove, 32);
AT(ns_storage, list, 40);
AT(ns_storage, check, 48);

SIZE(ns_site_settings, 80);
AT(ns_site_settings, struct_size, 0);
AT(ns_site_settings, reserved, 4);
AT(ns_site_settings, root, 8);
AT(ns_site_settings, listen, 24);
AT(ns_site_settings, data, 40);
AT(ns_site_settings, drain_ns, 56);
AT(ns_site_settings, own, 64);

SIZE(ns_site, 56);
AT(ns_site, struct_size, 0);
AT(ns_site, reserved, 4);
AT(ns_site, render, 8);
AT(ns_site, check, 16);
AT(ns_site, start, 24);
AT(ns_site, reload, 32);
AT(ns_site, stop, 40);
AT(ns_site, probe, 48);
