// A file of a machine that has sold for a while, worked out by hand so that all its sums agree, with the
// check sum that it must have. For tests, and for whoever wants to see one.

export const workedId = 'SIM0000001'
export const workedCrc = 'E005'

export const workedRows = [
  ['ID1', 'SIM0000042', 'PHONEVEND-30', '0100', 'LOBBY-1', '', 'A00042'],
  ['ID4', 2, 1978, 'EUR'],
  ['CB1', 'VMC00001', 'SIMVMC', '0100'],
  ['VA1', 64_050, 431, 2150, 15],
  ['VA2', 300, 2, 0, 0],
  ['VA3', 0, 0, 0, 0],
  ['CA1', 'CHG0000007', 'SIMCHG', '0100'],
  ['CA2', 41_550, 281, 1250, 9],
  ['CA3', 1400, 300, 1100, 0, 45_600, 9800, 35_800, 0],
  ['CA4', 150, 0, 4050, 0],
  ['CA15', 1400],
  ['CA17', 1, 10, 40, 0, 0],
  ['CA17', 3, 50, 20, 0, 0],
  ['DA1', 'PAY0000042', 'PHONEPAY', '0100'],
  ['DA2', 22_500, 150, 900, 6],
  ['PA1', '11', 150, 'WATER'],
  ['PA2', 251, 37_650, 9, 1350],
  ['PA1', '12', 150, 'COLA'],
  ['PA2', 180, 26_400, 6, 800],
  ['EA2', 'EGS', 1, 14, '', 0],
  ['EA3', 21, '260729', '143500', '', '260728', '080000', '', '', 40, 21],
  ['EA7', 1, 12],
] as const

export const workedText = `DXS*SIM0000001*VA*V0/6*1
ST*001*0001
ID1*SIM0000042*PHONEVEND-30*0100*LOBBY-1**A00042
ID4*2*1978*EUR
CB1*VMC00001*SIMVMC*0100
VA1*64050*431*2150*15
VA2*300*2*0*0
VA3*0*0*0*0
CA1*CHG0000007*SIMCHG*0100
CA2*41550*281*1250*9
CA3*1400*300*1100*0*45600*9800*35800*0
CA4*150*0*4050*0
CA15*1400
CA17*1*10*40*0*0
CA17*3*50*20*0*0
DA1*PAY0000042*PHONEPAY*0100
DA2*22500*150*900*6
PA1*11*150*WATER
PA2*251*37650*9*1350
PA1*12*150*COLA
PA2*180*26400*6*800
EA2*EGS*1*14**0
EA3*21*260729*143500**260728*080000***40*21
EA7*1*12
G85*${workedCrc}
SE*25*0001
DXE*1*1
`.replaceAll('\n', '\r\n')
