/* One incident, one ticket: how a create survives lost answers, crashes, a search that lags, and a
 * second process on the same store. Checked exhaustively by `check`.
 *
 * What stands for what in the code:
 *   linked, outstanding, not_before, looks   store::link::state, ::outstanding, outstanding::not_before
 *                                            and ::empty_looks; a change of them is one commit
 *   HORIZON       adapter::capabilities::horizon, counted from when a call leaves: assumption 1, a
 *                 request takes effect by then or never
 *   FRESH         how much later than its record a call may leave (fresh_for and doubt_ends in
 *                 decide.hpp); later than that the record is renewed first (batch::renew_records)
 *   LAG           capabilities::search_lag: assumption 2, `find` shows a ticket by then at the latest
 *   GAP           `look_again` in settle.cpp; it must not be shorter than LAG
 *   decide        decide_create and the commit before batch::send
 *   look          batch::settle_creates with settle_create_by_search
 *   adopt         batch::adopt_existing: an incident older than the run is looked up first
 *   lock          SQLite's exclusive lock (store/sqlite.cpp): assumption 3, it ends with its process
 *   assumption 4: the process's clock does not run ahead of the world's (async::make_slewing_clock)
 *
 * Each of -DNO_RECORD -DNO_HORIZON -DNO_RENEWAL -DONE_LOOK -DNO_LOCK takes one safeguard away; with
 * any of them spin must find two tickets.
 */
#define HORIZON 2
#define FRESH 1
#define LAG 1
#ifdef ONE_LOOK
#define LOOKS 1
#else
#define LOOKS 2
#endif
#define GAP 2
#define TIME 13
#define SENDS 3
#define CRASHES 2

byte now = 0;

/* The ticket system. A request is on the wire until it takes effect or is lost. */
mtype = { unsent, on_wire, effective, lost };
mtype request[SENDS] = unsent;
byte sent_at[SENDS];
byte effect_at[SENDS];
byte sends = 0;
byte tickets = 0;

/* The store. */
bool linked = false;
bool outstanding = false;
byte not_before = 0;
byte looks = 0;
byte next_look = 0;
bool lock = false;

byte crashes = 0;

/* Time passes only once every request that must have taken effect by now has, or is lost. */
active proctype world() {
  byte i;
  do
  :: now < TIME ->
     atomic {
       i = 0;
       bool late = false;
       do
       :: i < SENDS ->
          if
          :: request[i] == on_wire && now >= sent_at[i] + HORIZON -> late = true
          :: else
          fi;
          i++
       :: else -> break
       od;
       if
       :: !late -> now++
       :: else
       fi
     }
  :: atomic { request[0] == on_wire -> request[0] = effective; effect_at[0] = now; tickets++ }
  :: atomic { request[1] == on_wire -> request[1] = effective; effect_at[1] = now; tickets++ }
  :: atomic { request[2] == on_wire -> request[2] = effective; effect_at[2] = now; tickets++ }
  :: atomic { request[0] == on_wire -> request[0] = lost }
  :: atomic { request[1] == on_wire -> request[1] = lost }
  :: atomic { request[2] == on_wire -> request[2] = lost }
  :: now >= TIME -> break
  od
}

/* Some ticket is surely visible; or one exists, and the search may show it already. */
#define shown(i) (request[i] == effective && now >= effect_at[i] + LAG)
#define surely (shown(0) || shown(1) || shown(2))

inline look(found) {
  if
  :: surely -> found = true
  :: !surely && tickets > 0 -> found = true
  :: !surely -> found = false
  fi
}

inline crash_here() {
  if
  :: crashes < CRASHES -> crashes++; goto died
  :: true
  fi
}

proctype service() {
  bool found;
  byte mine;
  bool fresh;
start:
  fresh = true;
#ifndef NO_LOCK
  atomic { !lock -> lock = true };
#endif
  do
  :: linked || now >= TIME -> break
  /* decide: what is about to be sent is durable first */
  :: !linked && !outstanding && sends < SENDS && now < TIME ->
     if
     :: fresh ->
        /* adopt */
        atomic { look(found); if :: found -> linked = true :: else fi };
        fresh = false
     :: else
     fi;
     if
     :: linked -> skip
     :: else ->
        atomic {
          if
          :: !outstanding && !linked && sends < SENDS ->
             mine = sends;
             sends++;
#ifndef NO_RECORD
             outstanding = true;
#endif
#ifdef NO_HORIZON
             not_before = now;
#else
             not_before = now + FRESH + HORIZON;
#endif
             looks = 0;
             next_look = now;
             sent_at[mine] = now  /* until it leaves: when it was recorded */
          :: else -> goto again
          fi
        };
        crash_here();
#ifndef NO_RENEWAL
        /* other calls took long: the record is said anew */
        if
        :: now > sent_at[mine] + FRESH ->
           atomic { not_before = now + FRESH + HORIZON; sent_at[mine] = now }
        :: else
        fi;
#endif
        /* send */
        atomic {
          if
#ifndef NO_RENEWAL
          :: now > sent_at[mine] + FRESH -> request[mine] = lost; goto again
#endif
          :: else -> sent_at[mine] = now; request[mine] = on_wire
          fi
        };
        crash_here();
        /* the answer comes, or it does not */
        if
        :: request[mine] == effective ->
           crash_here();
           atomic { linked = true; outstanding = false }
        :: true
        fi
     fi;
again:
     skip
  /* the outcome is unknown: look */
  :: !linked && outstanding && now >= next_look && now < TIME ->
     look(found);
     crash_here();
     atomic {
       if
       :: !outstanding || linked -> skip
       :: found && outstanding && !linked -> linked = true; outstanding = false
       :: !found && outstanding && !linked ->
          if
          :: now >= not_before ->
             looks++;
             if
             :: looks >= LOOKS -> outstanding = false; looks = 0
             :: else -> next_look = now + GAP
             fi
          :: else -> next_look = now + 1
          fi
       fi
     }
  :: !linked && outstanding && now < next_look && now < TIME ->
     (now >= next_look || now >= TIME)
  :: !linked && !outstanding && sends >= SENDS -> break
  :: crashes < CRASHES -> crashes++; goto died
  od;
#ifndef NO_LOCK
  lock = false;
#endif
  goto done;
died:
#ifndef NO_LOCK
  lock = false;
#endif
  goto start;
done:
  skip
}

init {
  atomic { run service(); run service() }
}

/* Never two tickets. An assertion in the system itself, so that no claim has to be searched along. */
active proctype promise() { atomic { tickets > 1 -> assert(false) } }
