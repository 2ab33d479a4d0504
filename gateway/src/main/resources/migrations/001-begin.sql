-- The first schema. Times are truncated to microseconds everywhere; ids are made by the gateway.

create table teams (
    id uuid primary key,
    slug text not null unique check (slug ~ '^[a-z0-9_-]+$'),
    name text not null,
    concurrency_max integer not null,
    timeout_seconds_max integer not null,
    builds_max integer not null,
    cpu_max integer not null,
    memory_mb_max integer not null,
    banned boolean not null default false,
    blocked_reason text,
    created_at timestamptz not null default now()
);

create table users (
    id uuid primary key,
    email text,
    created_at timestamptz not null default now()
);

create table user_teams (
    user_id uuid not null references users on delete cascade,
    team_id uuid not null references teams on delete cascade,
    is_default boolean not null,
    primary key (user_id, team_id)
);

create table api_keys (
    id uuid primary key,
    team_id uuid not null references teams on delete cascade,
    name text not null,
    hash bytea not null unique,
    mask_length integer not null,
    mask_head text not null,
    mask_tail text not null,
    created_by uuid references users on delete set null,
    created_at timestamptz not null default now(),
    last_used timestamptz
);
create index api_keys_by_team on api_keys (team_id, created_at);

create table access_tokens (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    name text not null,
    hash bytea not null unique,
    mask_length integer not null,
    mask_head text not null,
    mask_tail text not null,
    created_at timestamptz not null default now()
);

create table templates (
    id text primary key,
    team_id uuid not null references teams,
    public boolean not null default false,
    snapshot boolean not null default false,
    created_by uuid references users on delete set null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    last_spawned_at timestamptz,
    spawn_count bigint not null default 0,
    deleted_at timestamptz
);
create index templates_by_team on templates (team_id, created_at desc, id) where deleted_at is null;

-- The empty namespace holds promoted names such as "base".
create table template_aliases (
    namespace text not null,
    alias text not null,
    template_id text not null references templates on delete cascade,
    created_at timestamptz not null default now(),
    primary key (namespace, alias)
);
create index template_aliases_by_template on template_aliases (template_id);

create table template_builds (
    id uuid primary key,
    template_id text not null references templates on delete cascade,
    status text not null check (status in ('waiting', 'building', 'ready', 'error')),
    cpu_count integer not null,
    memory_mb integer not null,
    disk_mb integer not null,
    envd_version text,
    image text,
    reason jsonb,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    finished_at timestamptz
);
create index template_builds_by_template on template_builds (template_id, created_at desc, id);

-- Every assignment ever; the newest one of a tag whose build is ready wins.
create table template_tags (
    seq bigint generated always as identity primary key,
    template_id text not null references templates on delete cascade,
    tag text not null,
    build_id uuid not null references template_builds on delete cascade,
    created_at timestamptz not null default now()
);
create index template_tags_by_template on template_tags (template_id, tag, seq desc);

create table nodes (
    id text primary key,
    status text not null check (status in ('ready', 'draining', 'standby')),
    status_changed_at timestamptz not null default now()
);

create sequence sandbox_lifecycles;

create table sandboxes (
    id text primary key,
    team_id uuid not null references teams,
    template_id text not null,
    template_alias text,
    build_id uuid not null,
    image text not null,
    node_id text not null,
    machine_id text,
    state text not null check (state in ('starting', 'running', 'pausing', 'paused', 'resuming', 'killing', 'gone')),
    version bigint not null default 1,
    lifecycle bigint not null default nextval('sandbox_lifecycles'),
    created_at timestamptz not null,
    started_at timestamptz not null,
    end_at timestamptz not null,
    ended_at timestamptz,
    cpu_count integer not null,
    memory_mb integer not null,
    disk_mb integer not null,
    envd_version text not null,
    secure boolean not null,
    metadata jsonb not null,
    env_vars jsonb not null,
    network jsonb,
    allow_internet boolean,
    auto_pause boolean not null,
    auto_pause_memory boolean not null,
    auto_resume boolean not null,
    auto_resume_seconds integer not null,
    memory_kept boolean not null default true,
    check ((state = 'gone') = (ended_at is not null))
);
-- Lists: every page is a range of the first one, whatever the number of rows that are gone.
create index sandboxes_listed on sandboxes (team_id, started_at desc, id) where ended_at is null;
create index sandboxes_running on sandboxes (team_id) where state in ('starting', 'running', 'resuming', 'pausing');
create index sandboxes_by_metadata on sandboxes using gin (metadata jsonb_path_ops) where ended_at is null;
create index sandboxes_by_node on sandboxes (node_id) where ended_at is null;
create index sandboxes_by_template on sandboxes (template_id) where ended_at is null;
create index sandboxes_gone on sandboxes (ended_at) where ended_at is not null;

create table sandbox_logs (
    sandbox_id text not null references sandboxes on delete cascade,
    seq bigint generated always as identity,
    at timestamptz not null,
    level smallint not null check (level between 0 and 3),
    logger text not null,
    message text not null,
    fields jsonb not null,
    primary key (sandbox_id, seq)
);
create index sandbox_logs_by_time on sandbox_logs (sandbox_id, at, seq);

create table sandbox_metrics (
    sandbox_id text not null references sandboxes on delete cascade,
    at timestamptz not null,
    cpu_count integer not null,
    cpu_used_pct double precision not null,
    mem_used bigint not null,
    mem_total bigint not null,
    mem_cache bigint not null,
    disk_used bigint not null,
    disk_total bigint not null,
    primary key (sandbox_id, at)
);
create index sandbox_metrics_by_time on sandbox_metrics using brin (at);

create table team_metrics (
    team_id uuid not null references teams on delete cascade,
    at timestamptz not null,
    concurrent integer not null,
    start_rate double precision not null,
    primary key (team_id, at)
);

create table idempotency_keys (
    team_id uuid not null references teams on delete cascade,
    key text not null,
    request text not null,
    status integer,
    body text,
    created_at timestamptz not null,
    primary key (team_id, key)
);
create index idempotency_keys_by_time on idempotency_keys (created_at);
