# A centre on Net::SMPP, a codec that nobody here wrote. Told what to do by lines on its standard input, it
# says on its output what it saw. It answers with ids in hexadecimal and receipts them in decimal, throttles,
# cuts an answer in the middle, and speaks the operations of USSD.
#
#   perl test/net-smpp-centre.pl       says `listening PORT`; ends with its input
use strict;
use warnings;
use IO::Select;
use Net::SMPP;

$| = 1;
# Its warnings about parameters it has no name for are nobody's news.
$SIG{__WARN__} = sub { };
my %address = (source_addr_ton => 1, source_addr_npi => 1, dest_addr_ton => 3, dest_addr_npi => 0);
my $listener = Net::SMPP->new_listen('127.0.0.1', port => 0, smpp_version => 0x34, %address) or die "$!";
print 'listening ', $listener->sockport, "\n";
my ($client, $throttled, $cut, $id) = (undef, 0, 0, 0x75BCD14);
my $select = IO::Select->new($listener, \*STDIN);
my $typed = '';

sub gone {
  $select->remove($client);
  close $client;
  undef $client;
  print "gone\n";
}

sub deliver {
  my ($from, $to, $words, @more) = @_;
  $client->deliver_sm(async => 1, %address, source_addr => $from, destination_addr => $to,
    short_message => $words, @more);
}

# throttle N | cut | text FROM TO WORDS | ussd FROM TO OPERATION SESSION STEP WORDS
sub obey {
  my ($word, @rest) = split / /, shift;
  if ($word eq 'throttle') { $throttled = $rest[0] }
  elsif ($word eq 'cut') { $cut = 1 }
  elsif ($word eq 'text') { my ($from, $to, @words) = @rest; deliver($from, $to, "@words") }
  elsif ($word eq 'ussd') {
    my ($from, $to, $operation, $session, $step, @words) = @rest;
    deliver($from, $to, "@words", ussd_service_op => chr $operation, its_session_info => chr($session) . chr $step);
  }
}

sub take {
  my $pdu = shift;
  my %to = (seq => $pdu->{seq});
  if ($pdu->{cmd} == 0x09) {
    print "bound $pdu->{system_id}\n";
    $client->bind_transceiver_resp(%to, system_id => 'perl');
  }
  elsif ($pdu->{cmd} == 0x15) { $client->enquire_link_resp(%to) }
  elsif ($pdu->{cmd} == 0x06) { $client->unbind_resp(%to); gone() }
  elsif ($pdu->{cmd} == 0x80000005) { print "acknowledged $pdu->{status}\n" }
  elsif ($pdu->{cmd} == 0x04) { submitted($pdu, %to) }
}

sub submitted {
  my ($pdu, %to) = @_;
  my $operation = $pdu->{ussd_service_op};
  my $info = unpack 'H*', $pdu->{its_session_info} // '';
  print join(' ', 'took', $pdu->{destination_addr}, $pdu->{data_coding}, $pdu->{validity_period} || '-',
    defined $operation ? ord $operation : '-', $info || '-', $pdu->{short_message} =~ s/\n/ \/ /gr), "\n";
  if ($throttled-- > 0) { $client->submit_sm_resp(%to, status => 0x58, message_id => ''); return }
  if ($cut) { $cut = 0; $client->syswrite(pack 'NNN', 30, 0x80000004, 0); gone(); return }
  $id++;
  $client->submit_sm_resp(%to, message_id => sprintf '%08X', $id);
  return if !$pdu->{registered_delivery};
  deliver($pdu->{destination_addr}, $pdu->{source_addr},
    "id:$id sub:001 dlvrd:001 submit date:2611260210 done date:2611260211 stat:DELIVRD err:000 text:",
    esm_class => 4);
}

while (1) {
  for my $ready ($select->can_read) {
    if ($ready == $listener) { gone() if $client; $client = $listener->accept; $select->add($client) }
    elsif ($ready == \*STDIN) {
      exit if !sysread STDIN, $typed, 4096, length $typed;
      obey($1) while $typed =~ s/^(.*)\n//;
    }
    elsif (my $pdu = $client->read_pdu) { take($pdu) }
    else { gone() }
  }
}
